package cloister.cvm;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleName;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

/** What the rooms of the controller must not do. */
class RoomsTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("cloister.cvm");
    private static final DescribedPredicate<JavaClass> PURE = resideInAnyPackage(
                    "cloister.cvm.demand..", "cloister.cvm.worker..")
            .or(simpleName("Fleet"))
            .or(simpleName("Held"))
            .or(simpleName("Tracked"));

    @Test
    void pure_rooms_are_told_the_time() {
        noClasses()
                .that(PURE)
                .should()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(InstantSource.class, "system")
                .orShould()
                .callMethod(Clock.class, "systemUTC")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .check(CLASSES);
    }

    @Test
    void pure_rooms_touch_neither_files_nor_network_nor_programs() {
        noClasses()
                .that(PURE)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.net..", "cloister.guest..", "cloister.control..")
                .check(CLASSES);
    }

    @Test
    void the_local_slurm_is_read_and_told_by_its_room_alone() {
        noClasses()
                .that()
                .resideOutsideOfPackages("cloister.cvm.slurm..", "cloister.cvm")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("cloister.guest.Commands")
                .check(CLASSES);
    }
}
