package dev.shoofly.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;

/** What the modules may know of one another. Runs here because the command's class path holds them all. */
@AnalyzeClasses(packages = "dev.shoofly", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule dependenciesPointAtTheModel = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("model")
            .definedBy("dev.shoofly.model..")
            .layer("servers")
            .definedBy("dev.shoofly.servers..")
            .layer("database")
            .definedBy("dev.shoofly.database..")
            .layer("capture")
            .definedBy("dev.shoofly.capture..")
            .layer("backfill")
            .definedBy("dev.shoofly.backfill..")
            .layer("applier")
            .definedBy("dev.shoofly.applier..")
            .layer("verifier")
            .definedBy("dev.shoofly.verifier..")
            .layer("coordinator")
            .definedBy("dev.shoofly.coordinator..")
            .layer("cli")
            .definedBy("dev.shoofly.cli..")
            .whereLayer("cli")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("coordinator")
            .mayOnlyBeAccessedByLayers("cli")
            .whereLayer("capture")
            .mayOnlyBeAccessedByLayers("coordinator")
            .whereLayer("backfill")
            .mayOnlyBeAccessedByLayers("coordinator")
            .whereLayer("applier")
            .mayOnlyBeAccessedByLayers("coordinator")
            .whereLayer("verifier")
            .mayOnlyBeAccessedByLayers("coordinator")
            .whereLayer("servers")
            .mayOnlyBeAccessedByLayers("cli")
            .because(
                    "the four stages meet in topics and control tables and do not know one another, so that each can run"
                            + " in a process of its own");

    @ArchTest
    static final ArchRule theModelHasNoInputOrOutput = noClasses()
            .that()
            .resideInAPackage("dev.shoofly.model..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "java.net..", "java.nio.file..", "org.slf4j..", "org.apache..")
            .because("every other module, and every test without a server, builds on it");

    @ArchTest
    static final ArchRule debeziumEndsInTheCapture = noClasses()
            .that()
            .resideOutsideOfPackages("dev.shoofly.capture..", "dev.shoofly.database.mysql..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.debezium..")
            .because("the log's reader may be replaced; only MySQL's ALTER parser is used elsewhere");

    @ArchTest
    static final ArchRule kafkaStreamsEndsInTheTopologies = noClasses()
            .that()
            .resideOutsideOfPackages("dev.shoofly.applier..", "dev.shoofly.verifier..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.kafka.streams..")
            .because("how partitions are shared out is the topologies' affair");

    @ArchTest
    static final ArchRule theRegistryIsKnownInOnePlace = noClasses()
            .that()
            .resideOutsideOfPackage("dev.shoofly.cli.metrics..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer..")
            .because("stages report through MigrationMetrics, and the names stand in one class");

    @ArchTest
    static final ArchRule modulesHaveNoCycles = slices().matching("dev.shoofly.(*)..")
            .should()
            .beFreeOfCycles()
            .because("a module that can be read alone can be changed alone");

    @ArchTest
    static final ArchRule thePartsOfTheCommandHaveNoCycles = slices().matching("dev.shoofly.cli.(*)..")
            .should()
            .beFreeOfCycles()
            .because("the display, the metrics and the input do not need one another");

    @ArchTest
    static final ArchRule theDialectsDoNotKnowEachOther = slices().matching("dev.shoofly.database.(mysql|postgres)..")
            .should()
            .notDependOnEachOther()
            .because("what both need belongs to neither");

    @ArchTest
    static final ArchRule timeIsInjected = noClasses()
            .should()
            .callCodeUnitWhere(describe("asks for the wall clock", ArchitectureTest::asksForTheTime))
            .because("a stage that asks for the wall clock cannot be tested at another time");

    @ArchTest
    static final ArchRule logsGoThroughSlf4j = noClasses()
            .that(resideInAnyPackage(
                    "dev.shoofly.model..",
                    "dev.shoofly.database..",
                    "dev.shoofly.capture..",
                    "dev.shoofly.backfill..",
                    "dev.shoofly.applier..",
                    "dev.shoofly.verifier..",
                    "dev.shoofly.coordinator.."))
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .because("standard output carries the command's data, and its screen owns standard error");

    private static boolean asksForTheTime(JavaCall<?> call) {
        String owner = call.getTargetOwner().getFullName();
        return switch (call.getName()) {
            case "currentTimeMillis" -> owner.equals(System.class.getName());
            case "now" ->
                owner.startsWith("java.time.")
                        && call.getTarget().getParameterTypes().isEmpty();
            case "system", "systemUTC", "systemDefaultZone" -> owner.equals(Clock.class.getName());
            default -> false;
        };
    }
}
