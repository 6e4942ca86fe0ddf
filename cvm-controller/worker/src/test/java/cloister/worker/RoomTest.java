package cloister.worker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

@AnalyzeClasses(packages = "cloister.worker", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomTest {
    @ArchTest
    static final ArchRule this_room_uses_only_what_it_may = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "cloister.worker",
                    "cloister.control",
                    "cloister.guest",
                    "cloister.broker",
                    "cloister.vpn..",
                    "cloister.isolation",
                    "java..",
                    "org.jspecify..");

    @ArchTest
    static final ArchRule time_arrives_in_events =
            noClasses().that().haveNameMatching(".*\\.Life(\\$.*)?").should().callMethod(Instant.class, "now");

    @ArchTest
    static final ArchRule the_life_does_nothing_itself = classes()
            .that()
            .haveNameMatching(".*\\.Life(\\$.*)?")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("cloister.worker", "cloister.control", "java.lang..", "java.time", "java.util..");
}
