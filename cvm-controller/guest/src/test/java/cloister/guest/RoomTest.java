package cloister.guest;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "cloister.guest", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomTest {
    @ArchTest
    static final ArchRule this_room_uses_only_what_it_may = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "cloister.guest",
                    "cloister.broker",
                    "cloister.vpn.identity",
                    "cloister.isolation",
                    "java..",
                    "tools.jackson..",
                    "com.fasterxml.jackson.annotation..",
                    "org.jspecify..");
}
