package cloister.vpn;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;

@AnalyzeClasses(packages = "cloister.vpn", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
    @ArchTest
    static final ArchRule identity_knows_nothing_of_tunnels = noClasses()
            .that()
            .resideInAPackage("cloister.vpn.identity")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("cloister.vpn", "cloister.vpn.vici");

    @ArchTest
    static final ArchRule vici_knows_nothing_of_what_it_carries = noClasses()
            .that()
            .resideInAPackage("cloister.vpn.vici")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("cloister.vpn", "cloister.vpn.identity", "org.bouncycastle..");

    @ArchTest
    static final ArchRule time_is_given_and_never_taken = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Clock.class);
}
