package cloister.backend;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.springframework.modulith.core.ApplicationModules;

class ModulesTest {
    private static final JavaClasses MAIN = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // What another module's tests lend to ours.
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("cloister");

    /**
     * The generated client is one room without a door: the rule after this one says who may enter. The identities of machines
     * are a second door of their room, in a package of their own.
     */
    private final ApplicationModules modules = ApplicationModules.of(
            BackendApplication.class, resideInAnyPackage("cloister.slurm..", "cloister.vpn.identity"));

    @Test
    void rooms_only_meet_at_their_doors() {
        assertThat(modules.stream().map(module -> module.getIdentifier().toString()))
                .as("jars count as rooms too")
                .contains(
                        "project",
                        "host",
                        "machine",
                        "lease",
                        "ledger",
                        "brokerport",
                        "console",
                        "database",
                        "pulse",
                        "broker",
                        "bridge",
                        "isolation",
                        "vpn");
        modules.verify();
    }

    @Test
    void only_the_bridge_speaks_the_language_of_slurmrestd() {
        noClasses()
                .that()
                .resideOutsideOfPackages("cloister.slurm..", "cloister.bridge.slurm..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("cloister.slurm..")
                .check(MAIN);
    }

    @Test
    void the_bridge_learns_counts_and_no_wishes() {
        noClasses()
                .that()
                .resideInAPackage("cloister.bridge..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("cloister.broker..")
                .check(MAIN);
    }

    @Test
    void nobody_looks_at_the_wall_clock_but_the_one_who_may() {
        noClasses()
                .that()
                .resideInAPackage("cloister.backend..")
                .should()
                .callMethod(Instant.class, "now")
                .check(MAIN);
    }

    @Test
    void main_code_uses_no_fakes() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..testing..")
                .check(MAIN);
    }
}
