package dev.shoofly.database.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.shoofly.database.Database;
import dev.shoofly.database.Databases;
import dev.shoofly.database.connection.ConnectionProfile;
import dev.shoofly.database.connection.Secret;
import dev.shoofly.database.control.SegmentRows.Copier;
import dev.shoofly.model.CutoverSettings;
import dev.shoofly.model.ErrorKind;
import dev.shoofly.model.FaultPoints;
import dev.shoofly.model.KeyRange;
import dev.shoofly.model.MigrationId;
import dev.shoofly.model.MigrationSpec;
import dev.shoofly.model.MigrationState;
import dev.shoofly.model.RowKey;
import dev.shoofly.model.ShooflyException;
import dev.shoofly.model.StrategyChoice;
import dev.shoofly.model.TableName;
import dev.shoofly.servers.DatabaseServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What claims on segments promise on every database. */
@Timeout(60)
abstract class SegmentRowsContract {
    private static final Function<KeyRange, Optional<RowKey>> WHOLE = range -> Optional.empty();
    private final MigrationId id = MigrationId.random(new Random());
    private final Copier mine = new Copier("here:1", 1);
    private final Copier other = new Copier("there:2", 1);
    private Database database;
    private SegmentRows segments;

    abstract DatabaseServer server();

    /** Something that sets every {@code seen_at} of the migration a minute back. */
    abstract String agedClaims(MigrationId migration);

    @BeforeEach
    void open() {
        database = Databases.open(
                new ConnectionProfile(server().jdbcUrl(), server().user(), new Secret(server().password())),
                8,
                FaultPoints.NONE);
        database.control().install();
        database.control()
                .migrations()
                .create(
                        id,
                        new TableName("shop", "t_" + id),
                        new MigrationSpec(
                                "t_" + id,
                                List.of("ADD COLUMN a int"),
                                StrategyChoice.SHADOW,
                                1,
                                100,
                                CutoverSettings.DEFAULT),
                        "test",
                        "none");
        segments = database.control().segments();
    }

    @AfterEach
    void close() {
        database.close();
    }

    /** Wherever sessions and this process believe to be: it is compared with the times in the log. */
    @Test
    void theServersClockIsReadWithoutItsZone() {
        assertThat(database.control().progress().now())
                .isCloseTo(InstantSource.system().instant(), within(30, ChronoUnit.SECONDS));
    }

    @Test
    void theRestIsDividedAsItIsClaimed() {
        segments.create(id, List.of(range(null, "250")));
        assertThat(claim(mine, by(100)).range()).isEqualTo(range(null, "100"));
        assertThat(claim(other, by(100)).range()).isEqualTo(range("100", "200"));
        assertThat(claim(mine, by(100)).range()).isEqualTo(range("200", "250"));
        assertThat(segments.claim(id, mine, by(100))).isEmpty();
        assertThat(segments.list(id).stream().map(Segment::range))
                .containsExactly(range(null, "100"), range("100", "200"), range("200", "250"));
    }

    @Test
    void aClaimIsNobodyElsesUntilItIsGivenBack() {
        segments.create(id, List.of(range(null, "100")));
        Segment claimed = claim(mine, WHOLE);
        assertThat(segments.claim(id, other, WHOLE)).isEmpty();
        assertThat(segments.workers(id)).containsExactly("here:1");
        segments.release(claimed);
        assertThat(segments.workers(id)).isEmpty();
        Segment again = claim(other, WHOLE);
        assertThat(again.epoch()).isGreaterThan(claimed.epoch());
        segments.release(claimed);
        assertThat(segments.claim(id, mine, WHOLE))
                .as("an old claim cannot be given back")
                .isEmpty();
    }

    @Test
    void aClaimThatNobodyRenewsMayBeTaken() throws SQLException {
        segments.create(id, List.of(range(null, "100")));
        Segment claimed = claim(mine, WHOLE);
        execute(agedClaims(id));
        segments.renew(id, List.of(claimed));
        assertThat(segments.claim(id, other, WHOLE)).isEmpty();
        execute(agedClaims(id));
        // Of the same process, but of no worker: the answer to a claim was lost.
        segments.renew(id, List.of());
        assertThat(segments.workers(id)).isEmpty();
        assertThat(claim(other, WHOLE).epoch()).isGreaterThan(claimed.epoch());
    }

    @Test
    void aSegmentWhoseWorkerIsInsideAChunkIsPassedOver() throws SQLException {
        segments.create(id, List.of(range(null, "100"), range("100", "200")));
        Segment busy = claim(mine, WHOLE);
        execute(agedClaims(id));
        try (Connection chunk = connect()) {
            chunk.setAutoCommit(false);
            SegmentRows.lock(chunk, busy);
            assertThat(claim(other, WHOLE).number()).isEqualTo(1);
            assertThat(segments.claim(id, other, WHOLE)).isEmpty();
            // Nor does this wait for the chunk.
            segments.renew(id, List.of(busy));
            chunk.rollback();
        }
        assertThat(claim(other, WHOLE).number()).isZero();
    }

    @Test
    void aPartWithACheckpointIsNotDividedAgain() throws SQLException {
        segments.create(id, List.of(range(null, "300")));
        Segment claimed = claim(mine, WHOLE);
        try (Connection chunk = connect()) {
            SegmentRows.lock(chunk, claimed);
            SegmentRows.checkpoint(chunk, claimed, RowKey.of("50"), 50, false);
        }
        segments.release(claimed);
        Segment again = claim(other, by(100));
        assertThat(again.range()).isEqualTo(range(null, "300"));
        assertThat(again.position()).isEqualTo(RowKey.of("50"));
        assertThat(again.rowsCopied()).isEqualTo(50);
    }

    /** Its last commit went through, and its answer was lost: the owner may have gone on, and nobody sweeps again. */
    @Test
    void aSegmentThatIsDoneIsNotCopiedAgain() throws SQLException {
        segments.create(id, List.of(range(null, "100")));
        Segment claimed = claim(mine, WHOLE);
        try (Connection chunk = connect()) {
            SegmentRows.lock(chunk, claimed);
            SegmentRows.checkpoint(chunk, claimed, RowKey.of("100"), 100, true);
            assertThatThrownBy(() -> SegmentRows.lock(chunk, claimed))
                    .isInstanceOfSatisfying(
                            ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
        }
    }

    @Test
    void nobodyIsGivenASegmentWhileTheMigrationIsPaused() {
        segments.create(id, List.of(range(null, "250")));
        database.control().migrations().transition(id, 1, MigrationState.CREATED, MigrationState.PAUSED, "asked for");
        assertThat(segments.claim(id, other, by(100))).isEmpty();
        assertThat(segments.list(id)).hasSize(1);
        database.control().migrations().transition(id, 1, MigrationState.PAUSED, MigrationState.CREATED, "");
        assertThat(segments.claim(id, other, by(100))).isPresent();
    }

    /** Its sweeps' keys may go to a broker that nobody reads any more. */
    @Test
    void aCopierOfAnEarlierOwnerGetsNoClaim() {
        segments.create(id, List.of(range(null, "100")));
        long epoch = database.control().migrations().takeOver(id, "heir");
        segments.fenceAll(id);
        assertThatThrownBy(() -> segments.claim(id, mine, WHOLE))
                .isInstanceOfSatisfying(
                        ShooflyException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.SUPERSEDED));
        assertThat(segments.claim(id, new Copier("heir", epoch), WHOLE)).isPresent();
    }

    @Test
    void theFenceEndsEveryClaim() {
        segments.create(id, List.of(range(null, "100"), range("100", "200")));
        Segment claimed = claim(mine, WHOLE);
        segments.fenceAll(id);
        assertThat(claim(other, WHOLE).number()).isEqualTo(claimed.number());
    }

    @Test
    void copiersThatClaimAtOnceShareWithoutOverlapOrGap() {
        segments.create(id, List.of(range(null, "1000")));
        List<CompletableFuture<List<Segment>>> copiers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Copier one = new Copier("process:" + i, 1);
            copiers.add(CompletableFuture.supplyAsync(() -> claimsUntilNothingIsLeft(one)));
        }
        List<Segment> all = copiers.stream()
                .flatMap(copier -> copier.join().stream())
                .sorted(Comparator.comparing(Segment::number))
                .toList();
        assertThat(all).extracting(Segment::number).doesNotHaveDuplicates().hasSize(40);
        RowKey end = null;
        for (Segment each : all) {
            assertThat(each.range().lowerExclusive()).isEqualTo(end);
            end = each.range().upperInclusive();
        }
        assertThat(end).isEqualTo(RowKey.of("1000"));
    }

    private List<Segment> claimsUntilNothingIsLeft(Copier copier) {
        List<Segment> claimed = new ArrayList<>();
        while (true) {
            Optional<Segment> next = segments.claim(id, copier, by(25));
            next.ifPresent(claimed::add);
            // Nothing free can also mean that another one is dividing the rest at this moment.
            RowKey last = segments.list(id).stream()
                    .map(each -> Objects.requireNonNull(each.range().upperInclusive()))
                    .max(Comparator.comparing(
                            key -> Integer.valueOf(key.values().get(0))))
                    .orElseThrow();
            if (next.isEmpty() && segments.list(id).size() == 40 && last.equals(RowKey.of("1000"))) {
                return claimed;
            }
        }
    }

    /** Cuts after so many keys, of which every integer is one. */
    private static Function<KeyRange, Optional<RowKey>> by(int rows) {
        return range -> {
            RowKey lower = range.lowerExclusive();
            int cut = (lower == null ? 0 : Integer.parseInt(lower.values().get(0))) + rows;
            int end = Integer.parseInt(
                    Objects.requireNonNull(range.upperInclusive()).values().get(0));
            return cut >= end ? Optional.empty() : Optional.of(RowKey.of(Integer.toString(cut)));
        };
    }

    private Segment claim(Copier copier, Function<KeyRange, Optional<RowKey>> cut) {
        return segments.claim(id, copier, cut).orElseThrow();
    }

    private static KeyRange range(@org.jspecify.annotations.Nullable String lower, String upper) {
        return new KeyRange(lower == null ? null : RowKey.of(lower), RowKey.of(upper));
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(server().jdbcUrl(), server().user(), server().password());
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
