package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PlaceholderRequestTest {
    private static final Mark MARK = new Mark(1, 1, 1);

    private static PlaceholderRequest request(String account, int tasks, int cpus, int memory, Duration limit) {
        return new PlaceholderRequest(MARK, account, "m1", tasks, cpus, memory, limit, false);
    }

    @Test
    void memory_for_a_core_is_rounded_up() {
        assertThat(request("p1", 1, 3, 8192, Duration.ofMinutes(5)).memoryMiBPerCpu())
                .isEqualTo(2731);
        assertThat(request("p1", 1, 4, 8192, Duration.ofMinutes(5)).memoryMiBPerCpu())
                .isEqualTo(2048);
    }

    @Test
    void the_limit_is_rounded_up_to_minutes() {
        assertThat(request("p1", 1, 1, 1, Duration.ofMinutes(1)).limitMinutes()).isEqualTo(1);
        assertThat(request("p1", 1, 1, 1, Duration.ofMinutes(1).plusNanos(1)).limitMinutes())
                .isEqualTo(2);
        assertThat(request("p1", 1, 1, 1, Duration.ofDays(365)).limitMinutes()).isEqualTo(525_600);
    }

    @Test
    void what_no_site_could_hold_is_refused() {
        Duration minute = Duration.ofMinutes(1);
        assertThatIllegalArgumentException().isThrownBy(() -> request("p1,p2", 1, 1, 1, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> request("", 1, 1, 1, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> request("p1", 0, 1, 1, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> request("p1", 10_001, 1, 1, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> request("p1", 1, 0, 1, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> request("p1", 1, 1, 0, minute));
        assertThatIllegalArgumentException().isThrownBy(() -> request("p1", 1, 1, 1, minute.minusNanos(1)));
        assertThatIllegalArgumentException().isThrownBy(() -> request("p1", 1, 1, 1, Duration.ofDays(366)));
    }
}
