package cloister.backend.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class MachineSettingsTest {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withUserConfiguration(OnlySettings.class)
            .withPropertyValues("cloister.machine.domain-type=qemu", "cloister.machine.pki=/etc/cloister/pki");

    @EnableConfigurationProperties(MachineSettings.class)
    static class OnlySettings {}

    @Test
    void domain_type_and_keys_are_enough() {
        application.run(context -> {
            MachineSettings settings = context.getBean(MachineSettings.class);
            assertThat(settings.domainType()).isEqualTo(MachineSettings.DomainType.QEMU);
            assertThat(settings.pki()).isEqualTo(Path.of("/etc/cloister/pki"));
            assertThat(settings.bridge()).isEqualTo("vmbr0");
            assertThat(settings.callLimit()).hasSeconds(30);
        });
    }

    @Test
    void the_domain_type_is_never_guessed() {
        new ApplicationContextRunner()
                .withUserConfiguration(OnlySettings.class)
                .withPropertyValues("cloister.machine.pki=/etc/cloister/pki")
                .run(context -> assertThat(context).hasFailed());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cloister.machine.domain-typ=kvm",
                "cloister.machine.domain-type=xen",
                "cloister.machine.bridge=vmbr0'/><x",
                "cloister.machine.underlay=everywhere",
                "cloister.machine.project-prefix=8",
                "cloister.machine.call-limit=soon",
                "cloister.machine.most-conversations=0"
            })
    void what_cannot_be_meant_stops_the_start(String property) {
        application
                .withPropertyValues(property)
                .run(context -> assertThat(context).hasFailed());
    }
}
