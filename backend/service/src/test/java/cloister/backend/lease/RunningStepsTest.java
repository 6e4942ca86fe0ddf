package cloister.backend.lease;

import static cloister.backend.lease.LeaseScene.HEARD;
import static cloister.backend.lease.LeaseScene.HOLD;
import static cloister.backend.lease.LeaseScene.LEAVING_TWO;
import static cloister.backend.lease.LeaseScene.READY_ONE;
import static cloister.backend.lease.LeaseScene.READY_TWO;
import static cloister.backend.lease.LeaseScene.RULES;
import static cloister.backend.lease.LeaseScene.RUNNING;
import static cloister.backend.lease.LeaseScene.T;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.lease.Lease.Effect;
import cloister.backend.lease.Lease.Event;
import cloister.backend.lease.Lease.Running;
import cloister.backend.lease.Lease.Step;
import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Share;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunningStepsTest {
    private static final Duration LIMIT = HOLD.limit();
    private static final List<Share> BOTH = List.of(new Share("a", 1), new Share("b", 1));

    private static Event seen(PlaceholderState state, Duration limit, List<Share> shares, Optional<Instant> preempted) {
        return new Event.Seen(
                T,
                new Placeholder(
                        7,
                        T.minusSeconds(9),
                        0,
                        new Mark(1, 1, 1),
                        state,
                        "None",
                        Optional.empty(),
                        shares,
                        Optional.of(limit),
                        preempted));
    }

    private static Event seen(Duration limit) {
        return seen(PlaceholderState.RUNNING, limit, BOTH, Optional.empty());
    }

    private static Step on(Lease lease, Event event) {
        return Lease.on(lease, event, RULES);
    }

    private static Running running(Step step) {
        assertThat(step.next()).isInstanceOf(Running.class);
        return (Running) step.next();
    }

    @Test
    void slurmctld_is_made_to_write_down_that_a_placeholder_runs() {
        Step step = on(HEARD, seen(LIMIT));
        assertThat(running(step)).isEqualTo(new Running(HOLD, List.of(READY_ONE, READY_TWO), ReasonCode.NONE));
        assertThat(step.effects()).containsExactly(new Effect.Settle(HOLD));
    }

    @Test
    void a_placeholder_as_it_was_asked_for_changes_nothing() {
        assertThat(on(RUNNING, seen(LIMIT))).isEqualTo(new Step(RUNNING, List.of()));
    }

    @Test
    void a_limit_that_an_administrator_changes_moves_the_end_either_way_and_is_not_undone() {
        Step shorter = on(RUNNING, seen(LIMIT.minusMinutes(5)));
        Instant earlier = HOLD.endsAt().minusSeconds(300);
        assertThat(running(shorter).hold().endsAt()).isEqualTo(earlier);
        assertThat(shorter.effects())
                .containsExactly(new Effect.Move(READY_ONE, earlier), new Effect.Move(READY_TWO, earlier));
        assertThat(on(shorter.next(), seen(LIMIT.minusMinutes(5))).effects()).isEmpty();

        Step longer = on(shorter.next(), seen(LIMIT.plusMinutes(60)));
        assertThat(running(longer).hold().endsAt()).isEqualTo(HOLD.endsAt().plusSeconds(3600));
        assertThat(longer.effects()).noneMatch(Effect.Extend.class::isInstance);
    }

    @Test
    void more_time_moves_the_machines_ends_before_the_placeholder_s_limit_until_slurm_shows_it() {
        Duration more = LIMIT.plusMinutes(30);
        Step asked = on(RUNNING, new Event.MoreTime(T, more));
        Running next = running(asked);
        Instant later = HOLD.endsAt().plusSeconds(1800);
        assertThat(next.hold().endsAt()).isEqualTo(later);
        assertThat(asked.effects())
                .containsExactly(
                        new Effect.Move(READY_ONE, later),
                        new Effect.Move(READY_TWO, later),
                        new Effect.Extend(next.hold()));
        // Slurm has not done it yet: nothing is pulled back, and it is asked again.
        Step again = on(next, seen(LIMIT));
        assertThat(again.next()).isEqualTo(next);
        assertThat(again.effects()).contains(new Effect.Extend(next.hold()));

        Step done = on(next, seen(more));
        assertThat(running(done).asked()).isEmpty();
        assertThat(done.effects()).isEmpty();
    }

    @Test
    void what_slurm_refuses_is_taken_back_at_the_next_look() {
        Running asked = running(on(RUNNING, new Event.MoreTime(T, LIMIT.plusMinutes(30))));
        Running refused = running(on(asked, new Event.TimeRefused()));
        Step back = on(refused, seen(LIMIT));
        assertThat(running(back)).isEqualTo(RUNNING);
        assertThat(back.effects()).hasSize(2).allMatch(Effect.Move.class::isInstance);
        assertThat(on(RUNNING, new Event.MoreTime(T, LIMIT)).effects()).isEmpty();
    }

    @Test
    void a_suspended_placeholder_pauses_its_machines_until_it_runs_again_and_every_host_has_done_so() {
        Event suspended = seen(PlaceholderState.SUSPENDED, LIMIT, BOTH, Optional.empty());
        Step paused = on(RUNNING, suspended);
        assertThat(paused.effects()).containsExactly(new Effect.Pause(List.of(READY_ONE, READY_TWO)));
        assertThat(Views.of(1, paused.next()).state()).isEqualTo(LeaseState.RUNNING);
        assertThat(Views.of(1, paused.next()).reason()).isEqualTo(ReasonCode.SUSPENDED);

        Step resumes = on(paused.next(), seen(LIMIT));
        assertThat(resumes.effects()).containsExactly(new Effect.Resume(List.of(READY_ONE, READY_TWO)));
        assertThat(on(resumes.next(), seen(LIMIT)).effects())
                .as("as long as a host has not said so")
                .isNotEmpty();
        Lease on = on(resumes.next(), new Event.Resumed()).next();
        assertThat(on(on, seen(LIMIT)).effects()).isEmpty();
    }

    @Test
    void a_host_without_a_worker_goes_back_unless_it_is_the_first() {
        Running second = new Running(HOLD, List.of(READY_ONE, new Seat.Gone(2)), ReasonCode.NONE);
        assertThat(on(second, seen(LIMIT)).effects()).containsExactly(new Effect.Shrink(HOLD, Set.of("a")));
        assertThat(on(second, seen(PlaceholderState.RUNNING, LIMIT, BOTH.subList(0, 1), Optional.empty()))
                        .effects())
                .as("once it is back")
                .isEmpty();
        Running first = new Running(HOLD, List.of(new Seat.Gone(1), READY_TWO), ReasonCode.NONE);
        assertThat(on(first, seen(LIMIT)).effects()).isEmpty();
        Running leaving = new Running(HOLD, List.of(READY_ONE, LEAVING_TWO), ReasonCode.NONE);
        assertThat(on(leaving, seen(LIMIT)).effects()).noneMatch(Effect.Shrink.class::isInstance);
    }

    private static Event preempted(Instant taken, Duration limit) {
        return seen(PlaceholderState.RUNNING, limit, BOTH, Optional.of(taken));
    }

    @Test
    void a_warning_of_preemption_reaches_the_project_and_the_end_of_the_grace_time_is_the_lease_s() {
        Instant taken = T.plusSeconds(60);
        Step warned = on(RUNNING, preempted(taken, LIMIT));
        assertThat(Views.of(1, warned.next()).reason()).isEqualTo(ReasonCode.PREEMPTED);
        assertThat(Views.of(1, warned.next()).endsAt()).isEqualTo(taken.getEpochSecond());
        assertThat(warned.effects())
                .containsExactly(new Effect.Move(READY_ONE, taken), new Effect.Move(READY_TWO, taken));
        assertThat(on(warned.next(), preempted(taken, LIMIT)))
                .as("the same once more")
                .isEqualTo(new Step(warned.next(), List.of()));

        Step over = on(warned.next(), new Event.Tick(taken));
        assertThat(Views.of(1, over.next()).state()).isEqualTo(LeaseState.ENDING);
        assertThat(Views.of(1, over.next()).reason()).isEqualTo(ReasonCode.PREEMPTED);
    }

    @Test
    void nobody_lengthens_the_grace_time() {
        Instant taken = T.plusSeconds(60);
        Running asked = running(on(RUNNING, new Event.MoreTime(T, LIMIT.plusMinutes(30))));
        Running warned = running(on(asked, preempted(taken, LIMIT)));
        assertThat(warned.hold().endsAt()).isEqualTo(taken);
        assertThat(warned.asked()).isEmpty();
        assertThat(on(warned, preempted(taken, LIMIT)).effects()).isEmpty();
        assertThat(on(warned, new Event.MoreTime(T, LIMIT.plusMinutes(60)))).isEqualTo(new Step(warned, List.of()));
        Running late = running(on(RUNNING, preempted(HOLD.endsAt().plusSeconds(9), LIMIT)));
        assertThat(late.hold()).as("its end comes before").isEqualTo(HOLD);
    }
}
