package cloister.backend.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaseConfigTest {
    private static LeaseConfig lost(Duration hostLook, Duration hostLost) {
        LeaseConfig like = LeaseRoom.QUICK;
        return new LeaseConfig(
                like.pass(),
                like.settle(),
                like.bootLimit(),
                like.endLimit(),
                like.clearLimit(),
                like.attempts(),
                like.backoff(),
                like.quarantine(),
                like.grace(),
                like.warning(),
                like.breakerFailures(),
                like.breakerPause(),
                hostLook,
                NodeLoss.END,
                hostLost);
    }

    @Test
    void a_host_is_never_lost_by_a_single_look_nor_kept_for_ever() {
        Duration look = Duration.ofSeconds(10);
        assertThat(lost(look, Duration.ofSeconds(30)).rules(10).nodeLoss()).isEqualTo(NodeLoss.END);
        assertThat(lost(look, Duration.ofDays(1)).hostLost()).isEqualTo(Duration.ofDays(1));
        for (Duration wrong :
                new Duration[] {Duration.ofSeconds(29), Duration.ofDays(1).plusSeconds(1)}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> lost(look, wrong))
                    .withMessageContaining("cloister.lease.host-lost")
                    .withMessageContaining("PT30S")
                    .withMessageContaining(wrong.toString());
        }
    }
}
