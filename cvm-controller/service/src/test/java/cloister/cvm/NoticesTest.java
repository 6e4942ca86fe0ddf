package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.cvm.demand.Ask;
import cloister.cvm.demand.Binding;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.Plan;
import cloister.cvm.demand.Waiting;
import cloister.cvm.slurm.GpuWish;
import cloister.cvm.slurm.PendingJob;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoticesTest {
    private static final long NOW = 1_795_352_160;
    private static final Instant AT = Instant.ofEpochSecond(NOW);
    private static final JobKey KEY = new JobKey(7, NOW - 60, 0);
    private static final Plan IDLE = plan(Map.of(), false);

    private final Notices notices = new Notices();
    private LeaseList.@Nullable Lease word;

    private static Plan plan(Map<JobKey, SortedSet<Integer>> coming, boolean full) {
        return new Plan(List.of(), List.of(), List.of(), List.of(), coming, List.of(), Set.of(), full);
    }

    private static Plan coming() {
        return plan(Map.of(KEY, new TreeSet<>(List.of(3))), false);
    }

    private static Waiting waiting(Instant askFrom) {
        return new Waiting(KEY, 1, 1, new Need(1, 100), 0, false, false, 10, 1, 5, AT, askFrom, 0, new Binding(KEY, 0));
    }

    private static PendingJob pending(String note) {
        return pending("Resources", NOW - 60, note);
    }

    private static PendingJob pending(String reason, long eligible, String note) {
        return new PendingJob(
                7,
                NOW - 60,
                0,
                5001,
                1,
                1,
                1,
                1,
                0,
                0,
                100,
                0,
                false,
                false,
                10,
                5,
                eligible,
                reason,
                1,
                note,
                GpuWish.none(),
                0,
                PendingJob.Gate.open());
    }

    private List<Notices.Notice> changes(String note, Plan plan, Instant askFrom, Instant now) {
        return notices.changes(
                List.of(pending(note)), List.of(waiting(askFrom)), plan, _ -> Optional.ofNullable(word), now);
    }

    private String told(Plan plan) {
        return changes("", plan, AT, AT).getFirst().text();
    }

    private static LeaseList.Lease lease(LeaseState state, ReasonCode reason, @Nullable Long start) {
        return new LeaseList.Lease(3, state, reason, null, start, List.of());
    }

    @Test
    void the_site_s_reason_and_its_guess_of_a_start_are_told() {
        word = lease(LeaseState.QUEUED, ReasonCode.QUEUED_HELD, NOW + 600);
        assertThat(told(coming()))
                .isEqualTo("cloister: held by an administrator of the cluster; expected from 2026-11-22 13:06:00 UTC");
    }

    @Test
    void before_the_broker_answered_the_workers_are_being_asked_for() {
        assertThat(told(coming())).isEqualTo("cloister: workers are being asked for");
        LeaseRequest request = new LeaseRequest(1, 1, 1, 1024, GpuKind.NONE, 0, 0, 30, false);
        Plan asks = new Plan(
                List.of(new Ask(request, List.of(KEY))),
                List.of(),
                List.of(),
                List.of(),
                Map.of(),
                List.of(),
                Set.of(),
                false);
        assertThat(new Notices().changes(List.of(pending("")), List.of(waiting(AT)), asks, _ -> Optional.empty(), AT))
                .containsExactly(new Notices.Notice(7, "cloister: workers are being asked for"));
    }

    @Test
    void the_nearest_of_several_leases_is_told() {
        Plan two = plan(Map.of(KEY, new TreeSet<>(List.of(3, 4))), false);
        List<Notices.Notice> told = notices.changes(
                List.of(pending("")),
                List.of(waiting(AT)),
                two,
                lease -> Optional.of(
                        lease == 3
                                ? lease(LeaseState.QUEUED, ReasonCode.QUEUED_PRIORITY, null)
                                : lease(LeaseState.STARTING, ReasonCode.BOOTING, null)),
                AT);
        assertThat(told).containsExactly(new Notices.Notice(7, "cloister: workers are starting"));
    }

    @Test
    void a_pause_after_a_cancelled_lease_names_its_reason_and_its_end() {
        notices.disappointed(List.of(KEY), ReasonCode.CANCELLED_BY_ADMIN);
        assertThat(changes("", IDLE, AT.plusSeconds(30), AT).getFirst().text())
                .isEqualTo("cloister: the last workers for it came to nothing, cancelled by an administrator of the"
                        + " cluster; others are asked for at 2026-11-22 12:56:30 UTC");
    }

    @Test
    void a_job_that_the_projects_day_has_no_room_for_says_so() {
        notices.disappointed(List.of(KEY), ReasonCode.DAY_LIMIT);
        assertThat(changes("", IDLE, AT.plusSeconds(30), AT).getFirst().text())
                .isEqualTo("cloister: the project's limit for today is reached; workers are asked for again at"
                        + " 2026-11-22 12:56:30 UTC");
    }

    @Test
    void a_requeued_job_says_what_its_worker_was_lost_to_until_it_starts_again() {
        notices.interrupted(List.of(7), ReasonCode.PREEMPTED);
        word = lease(LeaseState.QUEUED, ReasonCode.QUEUED_PRIORITY, null);
        assertThat(told(coming()))
                .isEqualTo("cloister: it was requeued: preempted by a job of higher priority; waiting in the cluster's"
                        + " queue behind jobs of higher priority");
        notices.changes(List.of(), List.of(), IDLE, _ -> Optional.empty(), AT);
        assertThat(told(coming())).isEqualTo("cloister: waiting in the cluster's queue behind jobs of higher priority");
    }

    @Test
    void a_job_that_fits_into_a_worker_that_is_there_is_left_to_the_local_slurm() {
        assertThat(changes("", IDLE, AT, AT)).isEmpty();
        assertThat(changes("cloister: workers are starting", IDLE, AT, AT)).containsExactly(new Notices.Notice(7, ""));
    }

    @Test
    void a_job_of_several_workers_is_told_how_many_it_waits_for_and_how_many_are_up() {
        Waiting two =
                new Waiting(KEY, 1, 2, new Need(1, 100), 0, false, false, 10, 1, 5, AT, AT, 0, new Binding(KEY, 0));
        LeaseList.Worker up = new LeaseList.Worker(1, WorkerState.READY, "10.0.0.7", "AAAA");
        LeaseList.Worker boots = new LeaseList.Worker(2, WorkerState.STARTING, null, null);
        word = lease(LeaseState.QUEUED, ReasonCode.QUEUED_OTHER, null);
        assertThat(text(two)).isEqualTo("cloister: it waits for 2 workers: waiting in the cluster's queue");
        word = new LeaseList.Lease(3, LeaseState.STARTING, ReasonCode.BOOTING, null, null, List.of(up, boots));
        assertThat(text(two)).isEqualTo("cloister: starting: 1 of 2 workers up");
        word = new LeaseList.Lease(3, LeaseState.STARTING, ReasonCode.SUSPENDED, null, null, List.of(up, boots));
        assertThat(text(two)).isEqualTo("cloister: suspended by an administrator of the cluster");
    }

    private String text(Waiting job) {
        return new Notices()
                .changes(List.of(pending("")), List.of(job), coming(), _ -> Optional.ofNullable(word), AT)
                .getFirst()
                .text();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Dependency               | it waits for the jobs that it depends on
                    DependencyNeverSatisfied | it can never start: a job that it depends on did not end as it should have; scancel it
                    BeginTime                | it starts no sooner than 2026-11-22 13:01:00 UTC
                    JobHeldUser              | it is held: scontrol release 7 lets it go
                    JobHeldAdmin             | it is held by an administrator of this machine
                    JobArrayTaskLimit        | as many of its tasks run as its own limit (%) lets run at once
                    """)
    void what_the_local_slurm_waits_for_is_told_in_words(String reason, String words) {
        List<PendingJob> queue = List.of(pending(reason, NOW + 300, ""));
        assertThat(notices.changes(queue, List.of(), IDLE, _ -> Optional.empty(), AT))
                .containsExactly(new Notices.Notice(7, "cloister: " + words));
    }

    @Test
    void what_was_told_is_taken_back_once_when_the_job_starts() {
        word = lease(LeaseState.STARTING, ReasonCode.BOOTING, null);
        told(coming());
        assertThat(notices.changes(List.of(), List.of(), IDLE, _ -> Optional.empty(), AT))
                .containsExactly(new Notices.Notice(7, ""));
        assertThat(notices.changes(List.of(), List.of(), IDLE, _ -> Optional.empty(), AT))
                .isEmpty();
    }

    @Test
    void a_full_project_says_so() {
        assertThat(told(plan(Map.of(), true))).contains("their number is limited");
    }

    @Test
    void what_slurm_shows_already_is_not_said_again_and_what_it_does_not_show_is_repeated() {
        word = lease(LeaseState.STARTING, ReasonCode.BOOTING, null);
        String text = told(coming());
        assertThat(changes(text, coming(), AT, AT)).isEmpty();
        assertThat(changes("", coming(), AT, AT.plusSeconds(1))).isEmpty();
        assertThat(changes("", coming(), AT, AT.plusSeconds(31))).hasSize(1);
    }
}
