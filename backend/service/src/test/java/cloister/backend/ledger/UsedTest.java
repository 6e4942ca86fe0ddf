package cloister.backend.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.ledger.Usage.Flag;
import cloister.bridge.JobRecord;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Resources;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UsedTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final int TOLERANCE = 25;

    private static Meter meter(long cpuMillis, long memMibMillis, long seconds) {
        return new Meter(cpuMillis, memMibMillis, 1, START, START.plusSeconds(seconds));
    }

    private static Used used(long cpuSeconds, int workersReported, long cpuMinutes) {
        return Used.of(
                List.of(meter(cpuSeconds * 1000, 0, 100)),
                0,
                new Used.Reported(workersReported, cpuMinutes),
                TOLERANCE);
    }

    @Test
    void memory_counts_as_what_the_earlier_look_saw_for_the_time_between_two_looks() {
        Meter meter = Meter.first(START, 1_999_999, 1023)
                .next(START.plusSeconds(10), 5_000_000_000L, 2049)
                .next(START.plusSeconds(12), 6_000_000_000L, 0);
        assertThat(meter).isEqualTo(new Meter(6000, (10 * 1 + 2 * 3) * 1000, 0, START, START.plusSeconds(12)));
    }

    @Test
    void a_late_look_changes_nothing_and_time_on_cores_never_runs_backwards() {
        Meter meter = Meter.first(START.plusSeconds(5), 9_000_000_000L, 1024);
        assertThat(meter.next(START, 10_000_000_000L, 4096)).isEqualTo(meter);
        assertThat(meter.next(START.plusSeconds(6), 1, 1024).cpuMillis()).isEqualTo(9000);
    }

    @Test
    void sums_are_rounded_up_once_after_adding() {
        Used used = Used.of(
                List.of(meter(1, 1, 3), meter(1, 999, 4), meter(1999, 1001, 3)), 2, new Used.Reported(3, 0), TOLERANCE);
        assertThat(used).isEqualTo(new Used(3, 3, 20, Set.of()));
        assertThat(used.text()).isEqualTo("cloister:1:used:3:3:20:0");
    }

    @Test
    void the_cvm_may_differ_by_the_tolerance_and_a_minute_of_each_worker() {
        // 25 % of 1,000 s and a minute: 310 s.
        assertThat(used(1000, 1, 21).flags()).isEmpty();
        assertThat(used(1000, 1, 22).flags()).containsExactly(Flag.REPORT_DIFFERS);
        assertThat(used(1000, 1, 12).flags()).isEmpty();
        assertThat(used(1000, 1, 11).flags()).containsExactly(Flag.REPORT_DIFFERS);
        assertThat(used(1000, 0, 0).flags()).containsExactly(Flag.NOT_REPORTED);
        assertThat(Used.of(List.of(), 1, new Used.Reported(0, 0), TOLERANCE))
                .isEqualTo(new Used(0, 0, 0, Set.of(Flag.NOT_MEASURED)));
    }

    @Test
    void more_than_was_allocated_is_flagged_beyond_the_tolerance() {
        assertThat(used(125, 1, 2).beside(100, TOLERANCE).flags()).isEmpty();
        assertThat(used(126, 1, 2).beside(100, TOLERANCE).flags()).containsExactly(Flag.MORE_THAN_ALLOCATED);
    }

    @Test
    void flags_are_the_bits_of_a_number() {
        assertThat(Flag.number(Set.of(Flag.NOT_REPORTED, Flag.MORE_THAN_ALLOCATED)))
                .isEqualTo(10);
        for (int number = 0; number < 16; number++) {
            assertThat(Flag.number(Flag.of(number))).isEqualTo(number);
        }
    }

    /** 200 placeholders with made-up use: what is charged is never less than what was used, and less than one unit more. */
    @Test
    void a_correction_charges_what_was_used_and_at_most_a_core_more_for_the_time() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            List<Meter> meters = new ArrayList<>();
            int workers = 1 + random.nextInt(8);
            long elapsed = random.nextLong(1, 100_001);
            for (int k = 0; k < workers; k++) {
                meters.add(meter(
                        random.nextLong(elapsed * 4000),
                        random.nextLong(elapsed * 1000 * 4096),
                        random.nextLong(elapsed)));
            }
            Used used = Used.of(meters, 0, new Used.Reported(workers, 0), TOLERANCE);
            String what = "seed " + seed + ", " + i + ": " + used + " in " + elapsed + " s";
            long cores = used.cores(ran(elapsed, List.of()));
            assertThat(cores * elapsed).as(what).isGreaterThanOrEqualTo(used.cpuSeconds());
            assertThat(cores == 1 || (cores - 1) * elapsed < used.cpuSeconds())
                    .as(what)
                    .isTrue();
            long memory = used.memMib(ran(elapsed, List.of()));
            assertThat(memory * elapsed).as(what).isGreaterThanOrEqualTo(used.memMibSeconds());
            assertThat(memory == 1 || (memory - 1) * elapsed < used.memMibSeconds())
                    .as(what)
                    .isTrue();
            assertThat(used.text()).as(what).matches("cloister:1:used:[0-9]{1,15}:[0-9]{1,15}:0:[0-9]+");
        }
        assertThat(new Used(0, 0, 0, Set.of()).cores(ran(0, List.of())))
                .as("no time at all")
                .isEqualTo(1);
    }

    /** 40 s with 4 cores and 1,000 MiB, then 60 s with what is corrected. */
    @Test
    void what_was_held_before_hosts_were_given_back_counts_as_it_was_given() {
        JobRecord shrunk = ran(100, List.of(new JobRecord.Held(40, new Resources(4, 1000, 0, 2))));
        assertThat(new Used(281, 40_000 + 121, 0, Set.of()).cores(shrunk)).isEqualTo(3);
        assertThat(new Used(281, 40_000 + 121, 0, Set.of()).memMib(shrunk)).isEqualTo(3);
        assertThat(new Used(280, 40_000 + 120, 0, Set.of()).cores(shrunk)).isEqualTo(2);
        assertThat(new Used(280, 40_000 + 120, 0, Set.of()).memMib(shrunk)).isEqualTo(2);
        assertThat(new Used(100, 1, 0, Set.of()).cores(shrunk))
                .as("less than it was given before")
                .isEqualTo(1);
        assertThat(shrunk.with(3, 3).cpuSeconds()).isEqualTo(160 + 180);
    }

    private static JobRecord ran(long seconds, List<JobRecord.Held> before) {
        return new JobRecord(
                1,
                START,
                Optional.empty(),
                "p1",
                "m1",
                PlaceholderState.COMPLETED,
                Optional.of(START),
                Optional.of(START.plusSeconds(seconds)),
                seconds,
                before,
                new Resources(4, 1000, 0, 1),
                "vmh1",
                "",
                "");
    }
}
