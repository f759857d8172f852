package dev.shoofly.capture.connector;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.shyiko.mysql.binlog.network.ServerException;
import dev.shoofly.capture.Plans;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.ShooflyException;
import java.io.EOFException;
import java.sql.SQLException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.Test;

final class CaptureFailuresTest {
    private final CaptureFailures failures = new CaptureFailures(
            Plans.ofTable("shop", "orders"),
            new ConnectionProfile("jdbc:mysql://db:3306/shop", "app", new Secret("s3cret")));

    @Test
    void ourOwnWordsAreKept() {
        ShooflyException ours = new ShooflyException(ErrorKind.DATA, "ours");
        assertThat(failures.explain(new ExecutionException(ours))).isSameAs(ours);
    }

    @Test
    void aLostConnectionIsTransient() {
        assertKind(ErrorKind.TRANSIENT, new EOFException("Failed to read next byte"));
        assertKind(ErrorKind.TRANSIENT, new SQLException("terminating connection", "57P01"));
        assertKind(ErrorKind.TRANSIENT, new SQLException("slot is active for PID 1", "55006"));
        assertKind(ErrorKind.TRANSIENT, new TimeoutException("no broker"));
    }

    @Test
    void aStartThatDebeziumItselfGotInTheWayOfIsTransient() {
        RejectedExecutionException rejected = new RejectedExecutionException(
                "Task KafkaSchemaHistory$$Lambda rejected from ThreadPoolExecutor[Terminated]");
        assertKind(ErrorKind.TRANSIENT, new ConnectException("An exception occurred in the producer", rejected));
    }

    @Test
    void aServerOnItsWayDownOrUpIsTransientAlsoInDebeziumsWords() {
        String check = "Connector configuration is not valid. Error while validating connector config: FATAL: ";
        assertKind(ErrorKind.TRANSIENT, new IllegalStateException(check + "the database system is shutting down"));
        assertKind(ErrorKind.TRANSIENT, new IllegalStateException(check + "the database system is starting up"));
    }

    @Test
    void anotherCaptureOfTheSameMigrationIsTransient() {
        assertKind(
                ErrorKind.TRANSIENT,
                new ServerException(
                        "A slave with the same server_uuid/server_id as this slave has connected", 1236, "HY000"));
    }

    @Test
    void aPurgedLogIsRefused() {
        ShooflyException failure = assertKind(
                ErrorKind.REFUSED,
                new ServerException("Could not find first log file name in binary log index file", 1236, "HY000"));
        assertThat(failure).hasMessageContaining("no longer has its log").hasMessageContaining("first log file");
    }

    @Test
    void aRefusedLoginIsRefused() {
        ShooflyException failure = assertKind(
                ErrorKind.REFUSED, new SQLException("Access denied for user 'app'@'%' (using password: YES)", "28000"));
        assertThat(failure).hasMessageContaining("refused user app").hasMessageNotContaining("s3cret");
    }

    @Test
    void anythingElseIsRefusedWithTheInnermostReason() {
        ShooflyException failure = assertKind(ErrorKind.REFUSED, new IllegalStateException("a surprise."));
        assertThat(failure).hasMessageContaining("Debezium ended: a surprise. Nothing was skipped");
    }

    private ShooflyException assertKind(ErrorKind kind, Throwable cause) {
        ShooflyException failure =
                failures.explain(new ExecutionException(new ConnectException("An exception occurred", cause)));
        assertThat(failure.kind()).as(failure.getMessage()).isEqualTo(kind);
        assertThat(failure).hasMessageStartingWith("the capture of shop.orders stopped: ");
        return failure;
    }
}
