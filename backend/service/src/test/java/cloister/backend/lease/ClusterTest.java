package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.ReasonCode;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClusterTest {
    @Test
    void slurms_reasons_for_waiting_become_codes() {
        assertThat(Cluster.waits("Priority")).isEqualTo(ReasonCode.QUEUED_PRIORITY);
        assertThat(Cluster.waits("Resources")).isEqualTo(ReasonCode.QUEUED_RESOURCES);
        assertThat(Cluster.waits("AssocGrpCpuLimit")).isEqualTo(ReasonCode.QUEUED_LIMIT);
        assertThat(Cluster.waits("QOSMaxJobsPerUserLimit")).isEqualTo(ReasonCode.QUEUED_LIMIT);
        assertThat(Cluster.waits("PartitionTimeLimit")).isEqualTo(ReasonCode.QUEUED_LIMIT);
        assertThat(Cluster.waits("JobHeldAdmin")).isEqualTo(ReasonCode.QUEUED_HELD);
        assertThat(Cluster.waits("anything an administrator wrote")).isEqualTo(ReasonCode.QUEUED_OTHER);
    }

    @Test
    void the_breaker_opens_after_failures_in_a_row_and_closes_with_time_or_a_success() {
        Instant now = Instant.parse("2026-01-01T00:00:00Z");
        Breaker breaker = new Breaker(2, Duration.ofMinutes(1));
        breaker.failed(now);
        assertThat(breaker.open(now)).isFalse();
        breaker.failed(now);
        assertThat(breaker.open(now)).isTrue();
        assertThat(breaker.until(now)).contains(now.plusSeconds(60));
        assertThat(breaker.until(now.plusSeconds(60))).isEmpty();
        assertThat(breaker.open(now.plusSeconds(60))).isFalse();
        breaker.failed(now);
        assertThat(breaker.open(now)).isTrue();
        breaker.succeeded();
        assertThat(breaker.open(now)).isFalse();
    }
}
