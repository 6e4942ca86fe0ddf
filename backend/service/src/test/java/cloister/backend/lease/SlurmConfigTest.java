package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class SlurmConfigTest {
    private final ApplicationContextRunner application = new ApplicationContextRunner()
            .withUserConfiguration(OnlyConfig.class)
            .withPropertyValues(
                    "cloister.slurm.url=http://localhost:6820",
                    "cloister.slurm.user=cloister",
                    "cloister.slurm.token-file=/run/token",
                    "cloister.slurm.partition=batch",
                    "cloister.slurm.gate-folder=/var/gate");

    @EnableConfigurationProperties(SlurmConfig.class)
    static class OnlyConfig {}

    @Test
    void a_placeholder_is_a_process_unless_said_otherwise() {
        application.run(context ->
                assertThat(context.getBean(SlurmConfig.class).driver()).isEqualTo(SlurmConfig.Driver.PROCESS));
        application
                .withPropertyValues("cloister.slurm.driver=process")
                .run(context -> assertThat(context).hasNotFailed());
    }

    @Test
    void the_external_driver_stops_the_start_and_says_why_and_what_to_set() {
        application
                .withPropertyValues("cloister.slurm.driver=external")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageMatching("cloister\\.slurm\\.driver: external .* still live .*0011.*; set process")
                        .hasMessageNotContaining("\n"));
    }

    @Test
    void a_driver_that_nobody_knows_stops_the_start() {
        application
                .withPropertyValues("cloister.slurm.driver=container")
                .run(context -> assertThat(context).hasFailed());
    }
}
