package dev.shoofly.cli.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.encoder.LayoutWrappingEncoder;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import dev.shoofly.cli.screen.Screen;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Configures Logback: everything from INFO of Shoofly and from WARN of the libraries goes into a file, Shoofly's warnings to
 * the screen as well.
 *
 * <p>Kafka and Debezium print their whole configuration at INFO. No verbosity lowers them to that level.
 */
public final class LogSetup {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level [%X{migration:--} %X{table:--} %X{role:--}] %logger{36} - %msg%n%ex";
    private static final FileSize FILE_SIZE = FileSize.valueOf("20MB");
    private static final int FILES = 5;

    private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    private final Screen screen;
    private final SecretMask mask;
    private final Verbosity verbosity;

    /** What {@code --verbose} changes. */
    public enum Verbosity {
        NORMAL,
        /** Shoofly's own details too, and on the screen from INFO. */
        VERBOSE
    }

    public LogSetup(Screen screen, SecretMask mask, Verbosity verbosity) {
        this.screen = screen;
        this.mask = mask;
        this.verbosity = verbosity;
    }

    /** Shoofly's warnings on the screen; no file. */
    public void toScreen() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.setLevel(Level.WARN);
        context.getLogger("dev.shoofly")
                .setLevel(
                        switch (verbosity) {
                            case NORMAL -> Level.INFO;
                            case VERBOSE -> Level.DEBUG;
                        });
        ScreenAppender appender = new ScreenAppender();
        appender.setContext(context);
        appender.start();
        root.addAppender(appender);
    }

    /** Also everything into {@code shoofly.log} in this directory, which is created. */
    public void toFile(Path directory) {
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setFile(directory.resolve("shoofly.log").toString());
        appender.setEncoder(encoder());
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(directory.resolve("shoofly.%i.log").toString());
        rolling.setMinIndex(1);
        rolling.setMaxIndex(FILES);
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
        trigger.setContext(context);
        trigger.setMaxFileSize(FILE_SIZE);
        trigger.start();
        appender.setRollingPolicy(rolling);
        appender.setTriggeringPolicy(trigger);
        appender.start();
        context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME).addAppender(appender);
    }

    private LayoutWrappingEncoder<ILoggingEvent> encoder() {
        PatternLayout layout = new PatternLayout() {
            @Override
            public String doLayout(ILoggingEvent event) {
                return mask.apply(super.doLayout(event));
            }
        };
        layout.setContext(context);
        layout.setPattern(PATTERN);
        layout.start();
        LayoutWrappingEncoder<ILoggingEvent> encoder = new LayoutWrappingEncoder<>();
        encoder.setContext(context);
        encoder.setCharset(StandardCharsets.UTF_8);
        encoder.setLayout(layout);
        encoder.start();
        return encoder;
    }

    /**
     * The libraries' own warnings are for the file: on the screen they would hide what people can act on. An error of the
     * coordinator ends the migration, and the command's last words say so.
     */
    private final class ScreenAppender extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            Level level = event.getLevel();
            boolean own = event.getLoggerName().startsWith("dev.shoofly");
            boolean saidLater = level == Level.ERROR && event.getLoggerName().startsWith("dev.shoofly.coordinator");
            if (own && !saidLater && level.isGreaterOrEqual(threshold())) {
                String label = level.isGreaterOrEqual(Level.WARN) ? "warning: " : "";
                screen.warn(mask.apply(label + event.getFormattedMessage()));
            }
        }

        private Level threshold() {
            return switch (verbosity) {
                case NORMAL -> Level.WARN;
                case VERBOSE -> Level.INFO;
            };
        }
    }
}
