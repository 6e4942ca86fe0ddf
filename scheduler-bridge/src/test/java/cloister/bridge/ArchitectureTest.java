package cloister.bridge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "cloister.bridge", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule it_learns_counts_and_not_wishes =
            noClasses().should().dependOnClassesThat().resideInAPackage("cloister.broker..");

    @ArchTest
    static final ArchRule the_version_of_the_api_is_known_in_one_package_only = noClasses()
            .that()
            .resideOutsideOfPackage("cloister.bridge.slurm..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("cloister.slurm..", "org.springframework..", "tools.jackson..");

    @ArchTest
    static final ArchRule the_door_shows_no_inside = noClasses()
            .that()
            .resideInAPackage("cloister.bridge")
            .and()
            .doNotHaveSimpleName("SlurmBridge")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("cloister.bridge.slurm..", "cloister.bridge.gate..");

    @ArchTest
    static final ArchRule only_the_drivers_are_seen_from_outside = classes()
            .that()
            .resideInAnyPackage("cloister.bridge.slurm..", "cloister.bridge.gate..")
            .and()
            .arePublic()
            .and()
            .areTopLevelClasses()
            .should()
            .haveSimpleName("RestPlaceholders")
            .orShould()
            .haveSimpleName("RestAccounting")
            .orShould()
            .haveSimpleName("RestHostStates")
            .orShould()
            .haveSimpleName("DirectoryGate");

    @ArchTest
    static final ArchRule time_comes_from_outside = noClasses().should().callMethod(java.time.Instant.class, "now");
}
