package cloister.control;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "cloister.control", importOptions = ImportOption.DoNotIncludeTests.class)
class RoomTest {
    @ArchTest
    static final ArchRule this_room_uses_only_what_it_may = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "cloister.broker",
                    "cloister.control",
                    "cloister.vpn.identity",
                    "cloister.isolation",
                    "java..",
                    "javax.net.ssl..",
                    "tools.jackson..",
                    "com.fasterxml.jackson.annotation..",
                    "org.jspecify..");
}
