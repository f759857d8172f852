package dev.shoofly.coordinator.events;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class WebhookTest {
    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofSeconds(60);
    private final Logger logger = (Logger) LoggerFactory.getLogger(Webhook.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(log);
    }

    @Test
    void sendsAgainWhatWasNotTakenAndKeepsTheOrder() throws Exception {
        try (Receiver receiver = new Receiver(number -> number <= 2 ? 503 : 204)) {
            try (Webhook webhook = new Webhook(receiver.address(), SOON, LONG)) {
                webhook.post("{\"n\":1}");
                webhook.post("{\"n\":2}");
            }
            assertThat(receiver.taken()).containsExactly("{\"n\":1}", "{\"n\":2}");
            assertThat(receiver.requests()).isEqualTo(4);
        }
        assertThat(log.list).extracting(ILoggingEvent::getFormattedMessage).noneMatch(line -> line.contains("geheim"));
    }

    @Test
    void dropsWhatIsRefusedAndWhatNobodyTakesAndGoesOn() throws Exception {
        try (Receiver receiver = new Receiver(number -> number == 1 ? 400 : number <= 11 ? 500 : 204)) {
            try (Webhook webhook = new Webhook(receiver.address(), SOON, LONG)) {
                webhook.post("refused");
                webhook.post("never taken");
                webhook.post("taken");
                while (receiver.taken().isEmpty()) {
                    Thread.onSpinWait();
                }
            }
            assertThat(receiver.taken()).containsExactly("taken");
        }
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(line -> line.contains("answers 400: the event is dropped"))
                .anyMatch(line -> line.contains("in 10 tries"));
    }

    @Test
    void theEndSaysHowManyAreLeftWithTheOneOnItsWay() throws Exception {
        try (Receiver receiver = new Receiver(number -> 503)) {
            Webhook webhook = new Webhook(receiver.address(), LONG, SOON);
            webhook.post("{\"n\":1}");
            while (receiver.requests() == 0) {
                Thread.onSpinWait();
            }
            webhook.post("{\"n\":2}");
            webhook.close();
        }
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .anyMatch(line -> line.startsWith("2 events were not delivered"));
    }

    @Test
    void anAddressThatNobodyAnswersDelaysNobodyAndIsNotLogged() {
        Webhook webhook = new Webhook(URI.create("http://user:geheim@127.0.0.1:1/x?token=geheim"), SOON, SOON);
        for (int i = 0; i < 1_200; i++) {
            webhook.post("{}");
        }
        webhook.close();
        assertThat(log.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .isNotEmpty()
                .noneMatch(line -> line.contains("geheim"));
    }
}
