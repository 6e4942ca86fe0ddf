package cloister.worker;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.control.Account;
import cloister.control.Join;
import cloister.control.RefusalCode;
import cloister.control.Trouble;
import cloister.worker.Life.Effect;
import cloister.worker.Life.Event;
import cloister.worker.Life.Joining;
import cloister.worker.Life.Leaving;
import cloister.worker.Life.Off;
import cloister.worker.Life.Serving;
import cloister.worker.Life.Step;
import cloister.worker.Life.Waiting;
import cloister.worker.Life.Watch;
import cloister.worker.Life.Why;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class LifeTest {
    private static final Duration BOOTED = Duration.ofSeconds(20);
    private static final Duration LATER = Duration.ofSeconds(50);
    private static final Instant NOW = Instant.ofEpochSecond(1_790_000_000L);
    private static final Watch WATCH = new Watch(BOOTED, Samples.END);
    private static final Join JOIN = Samples.join();
    private static final Join GROWN =
            Samples.join(List.of(new Account("alice", 5001), new Account("bob", 5002)), "10.99.0.16");
    private static final Set<String> SEEN = new HashSet<>();

    private static final Waiting WAITING = new Waiting(WATCH);
    private static final Serving SERVING = new Serving(WATCH, JOIN, 1);
    private static final Leaving LEAVING = new Leaving(BOOTED);

    private static Joining joining(Stage at, Trouble trouble) {
        return new Joining(WATCH, JOIN, 1, at, trouble);
    }

    private static Step on(Life life, Event event) {
        SEEN.add(life.getClass().getSimpleName() + " " + event.getClass().getSimpleName());
        return Life.on(life, event);
    }

    private static Event.Tick tick(Duration uptime) {
        return new Event.Tick(uptime, NOW, false);
    }

    /** Every kind of event in every kind of state was tried by the tests above. */
    @AfterAll
    static void every_transition_was_visited() {
        var missing = new ArrayList<String>();
        for (Class<?> state : Life.class.getPermittedSubclasses()) {
            for (Class<?> event : Event.class.getPermittedSubclasses()) {
                String pair = state.getSimpleName() + " " + event.getSimpleName();
                if (!SEEN.contains(pair)) {
                    missing.add(pair);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void a_join_is_kept_and_its_first_stage_begun() {
        assertThat(on(WAITING, new Event.Admitted(JOIN, LATER)))
                .isEqualTo(Step.to(
                        new Joining(new Watch(LATER, Samples.END), JOIN, 1, Stage.NAMES, Trouble.NONE),
                        new Effect.Keep(JOIN),
                        new Effect.Do(Stage.NAMES, JOIN, 1)));
    }

    @Test
    void each_stage_leads_to_the_next_and_the_last_to_serving() {
        Life life = joining(Stage.NAMES, Trouble.NONE);
        var order = new ArrayList<Stage>();
        while (life instanceof Joining joining) {
            order.add(joining.at());
            Step step = on(life, new Event.Done(joining.at(), 1));
            life = step.next();
            if (life instanceof Joining next) {
                assertThat(step.effects()).containsExactly(new Effect.Do(next.at(), JOIN, 1));
            } else {
                assertThat(step.effects()).isEmpty();
            }
        }
        assertThat(order).containsExactly(Stage.values());
        assertThat(life).isEqualTo(SERVING);
    }

    @Test
    void a_stage_that_fails_is_told_and_done_again() {
        for (Stage stage : Stage.values()) {
            assertThat(on(joining(stage, Trouble.NONE), new Event.Failed(stage, 1)))
                    .isEqualTo(Step.to(joining(stage, stage.trouble()), new Effect.Again(stage, JOIN, 1)));
        }
        assertThat(on(joining(Stage.HOME, Trouble.HOME), new Event.Done(Stage.HOME, 1))
                        .next())
                .as("told no more once it has gone well")
                .isEqualTo(joining(Stage.GPUS, Trouble.NONE));
    }

    @Test
    void what_an_earlier_round_reports_is_over() {
        Joining now = new Joining(WATCH, JOIN, 2, Stage.NAMES, Trouble.NONE);
        assertThat(on(now, new Event.Done(Stage.NAMES, 1))).isEqualTo(Step.to(now));
        assertThat(on(now, new Event.Failed(Stage.NAMES, 1))).isEqualTo(Step.to(now));
        assertThat(on(now, new Event.Done(Stage.HOME, 2))).isEqualTo(Step.to(now));
        assertThat(on(SERVING, new Event.Done(Stage.HOME, 1))).isEqualTo(Step.to(SERVING));
        assertThat(on(SERVING, new Event.Failed(Stage.HOME, 1))).isEqualTo(Step.to(SERVING));
        assertThat(on(WAITING, new Event.Done(Stage.HOME, 1))).isEqualTo(Step.to(WAITING));
        assertThat(on(WAITING, new Event.Failed(Stage.HOME, 1))).isEqualTo(Step.to(WAITING));
    }

    @Test
    void the_same_join_again_changes_nothing_but_the_silence() {
        Watch heard = WATCH.heardAt(LATER);
        assertThat(on(joining(Stage.HOME, Trouble.HOME), new Event.Admitted(JOIN, LATER)))
                .isEqualTo(Step.to(new Joining(heard, JOIN, 1, Stage.HOME, Trouble.HOME)));
        assertThat(on(SERVING, new Event.Admitted(JOIN, LATER))).isEqualTo(Step.to(new Serving(heard, JOIN, 1)));
    }

    @Test
    void a_join_with_more_members_is_gone_through_once_more() {
        for (Life life : List.of(SERVING, joining(Stage.TUNNEL, Trouble.NONE))) {
            assertThat(on(life, new Event.Admitted(GROWN, LATER)))
                    .isEqualTo(Step.to(
                            new Joining(WATCH.heardAt(LATER), GROWN, 2, Stage.NAMES, Trouble.NONE),
                            new Effect.Keep(GROWN),
                            new Effect.Do(Stage.NAMES, GROWN, 2)));
        }
    }

    @Test
    void another_machines_join_is_refused_and_so_is_any_once_it_leaves() {
        Join other = Samples.join(List.of(), "10.99.0.17");
        assertThat(Life.refusal(WAITING, JOIN)).isEmpty();
        assertThat(Life.refusal(joining(Stage.VPN, Trouble.NONE), GROWN)).isEmpty();
        assertThat(Life.refusal(SERVING, GROWN)).isEmpty();
        assertThat(Life.refusal(joining(Stage.VPN, Trouble.NONE), other)).contains(RefusalCode.JOINED_OTHERWISE);
        assertThat(Life.refusal(SERVING, other)).contains(RefusalCode.JOINED_OTHERWISE);
        assertThat(Life.refusal(LEAVING, JOIN)).contains(RefusalCode.LEAVING);
        assertThat(Life.refusal(new Off(Why.TIME_OVER), JOIN)).contains(RefusalCode.LEAVING);
    }

    @Test
    void a_silent_cvm_ends_a_worker_on_which_nothing_runs() {
        Duration silent = BOOTED.plus(Duration.ofMinutes(10)).plusMillis(1);
        for (Life life : List.of(WAITING, joining(Stage.TUNNEL, Trouble.TUNNEL), SERVING)) {
            assertThat(on(life, tick(BOOTED.plus(Duration.ofMinutes(10))))).isEqualTo(Step.to(life));
            assertThat(on(life, new Event.Tick(silent, NOW, true)))
                    .as("a job runs")
                    .isEqualTo(Step.to(life));
            assertThat(on(life, tick(silent)))
                    .isEqualTo(Step.to(new Off(Why.CVM_SILENT), new Effect.PowerOff(Why.CVM_SILENT)));
            Life heard = on(life, new Event.Heard(silent)).next();
            assertThat(on(heard, tick(silent)).effects()).as("heard just now").isEmpty();
        }
    }

    @Test
    void the_end_ends_it_whatever_runs() {
        for (Life life : List.of(WAITING, joining(Stage.TUNNEL, Trouble.NONE), SERVING)) {
            assertThat(on(life, new Event.Tick(BOOTED, Samples.END.minusMillis(1), true)))
                    .isEqualTo(Step.to(life));
            assertThat(on(life, new Event.Tick(BOOTED, Samples.END, true)))
                    .isEqualTo(Step.to(new Off(Why.TIME_OVER), new Effect.PowerOff(Why.TIME_OVER)));
        }
    }

    @Test
    void an_extension_moves_the_end_and_is_kept() {
        Instant end = Samples.END.plusSeconds(600);
        Join longer = JOIN.endingAt(end.getEpochSecond());
        assertThat(on(SERVING, new Event.Extended(end)))
                .isEqualTo(Step.to(new Serving(WATCH.until(end), longer, 1), new Effect.Keep(longer)));
        assertThat(on(joining(Stage.HOME, Trouble.HOME), new Event.Extended(end)))
                .isEqualTo(Step.to(
                        new Joining(WATCH.until(end), longer, 1, Stage.HOME, Trouble.HOME), new Effect.Keep(longer)));
        assertThat(on(WAITING, new Event.Extended(end))).isEqualTo(Step.to(new Waiting(WATCH.until(end))));
    }

    @Test
    void a_charon_that_has_forgotten_is_told_again() {
        Step told = Step.to(new Joining(WATCH, JOIN, 2, Stage.VPN, Trouble.NONE), new Effect.Do(Stage.VPN, JOIN, 2));
        assertThat(on(SERVING, new Event.TunnelForgotten())).isEqualTo(told);
        assertThat(on(joining(Stage.TUNNEL, Trouble.TUNNEL), new Event.TunnelForgotten()))
                .isEqualTo(told);
        Joining before = joining(Stage.VPN, Trouble.NONE);
        assertThat(on(before, new Event.TunnelForgotten())).isEqualTo(Step.to(before));
        assertThat(on(WAITING, new Event.TunnelForgotten())).isEqualTo(Step.to(WAITING));
    }

    @Test
    void a_worker_that_is_given_back_stops_and_then_turns_off() {
        for (Life life : List.of(WAITING, joining(Stage.HOME, Trouble.NONE), SERVING)) {
            assertThat(on(life, new Event.LeaveAsked(BOOTED))).isEqualTo(Step.to(LEAVING, new Effect.Stop()));
            assertThat(on(life, new Event.Stopped())).as("nobody asked").isEqualTo(Step.to(life));
        }
        assertThat(on(LEAVING, new Event.Stopped()))
                .isEqualTo(Step.to(new Off(Why.GIVEN_BACK), new Effect.PowerOff(Why.GIVEN_BACK)));
    }

    @Test
    void stopping_may_not_take_for_ever() {
        assertThat(on(LEAVING, tick(BOOTED.plus(Duration.ofMinutes(1))))).isEqualTo(Step.to(LEAVING));
        assertThat(on(LEAVING, tick(BOOTED.plus(Duration.ofSeconds(61)))))
                .isEqualTo(
                        Step.to(new Off(Why.STOPPING_TOOK_TOO_LONG), new Effect.PowerOff(Why.STOPPING_TOOK_TOO_LONG)));
    }

    @Test
    void nothing_brings_a_leaving_worker_back() {
        Off off = new Off(Why.GIVEN_BACK);
        for (Event event : List.of(
                new Event.Admitted(JOIN, LATER),
                new Event.Done(Stage.HOME, 1),
                new Event.Failed(Stage.HOME, 1),
                new Event.Heard(LATER),
                new Event.Extended(Samples.END),
                new Event.TunnelForgotten(),
                new Event.LeaveAsked(LATER))) {
            assertThat(on(LEAVING, event)).isEqualTo(Step.to(LEAVING));
            assertThat(on(off, event)).isEqualTo(Step.to(off));
        }
        assertThat(on(off, new Event.Stopped())).isEqualTo(Step.to(off));
        assertThat(on(off, tick(LATER)))
                .as("until it is off")
                .isEqualTo(Step.to(off, new Effect.PowerOff(Why.GIVEN_BACK)));
    }
}
