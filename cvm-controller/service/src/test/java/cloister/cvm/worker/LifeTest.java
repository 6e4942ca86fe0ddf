package cloister.cvm.worker;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.cvm.slurm.NodeState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LifeTest {
    private static final Instant NOW = Instant.parse("2026-01-01T12:00:00Z");
    private static final Instant LATER = NOW.plusSeconds(3600);
    private static final Guest GUEST = new Guest("10.77.1.16", "key");
    private static final Life LIFE = Lives.usual();

    /** Every state, in the variants that decide differently. */
    private static Map<String, Worker> states() {
        Map<String, Worker> states = new LinkedHashMap<>();
        states.put("Starting", new Worker.Starting());
        states.put("Resting", new Worker.Resting(GUEST, 1, NOW.plusSeconds(3)));
        states.put("Joining", new Worker.Joining(GUEST, 0, NOW));
        states.put("Joining, last try", new Worker.Joining(GUEST, 2, NOW));
        states.put("Registering", new Worker.Registering(GUEST, 0, NOW));
        states.put("Registering, last try", new Worker.Registering(GUEST, 2, NOW));
        states.put("Serving", new Worker.Serving(GUEST, NOW));
        states.put("Draining", new Worker.Draining(GUEST, NOW));
        states.put("Leaving", new Worker.Leaving(Parting.RETURNED, true, NOW));
        states.put("Leaving, failed", new Worker.Leaving(Parting.GIVEN_UP, false, NOW.plusSeconds(3)));
        states.put("Gone", new Worker.Gone());
        return states;
    }

    private static Map<String, Event> events() {
        Map<String, Event> events = new LinkedHashMap<>();
        events.put("heard", new Event.Heard(GUEST, NOW));
        events.put("lost", new Event.Lost(NOW));
        events.put("joined", new Event.Joined(NOW));
        events.put("not joined", new Event.NotJoined(NOW));
        for (NodeState node : NodeState.values()) {
            events.put("node " + node, new Event.Seen(node, NOW));
        }
        events.put("node FREE, long after", new Event.Seen(NodeState.FREE, LATER));
        events.put("no node", new Event.Unseen(NOW));
        events.put("release", new Event.Release(NOW));
        events.put("cut", new Event.Cut(NOW));
        events.put("cleared", new Event.Cleared(NOW));
        events.put("not cleared", new Event.NotCleared(NOW));
        events.put("tick", new Event.Tick(NOW));
        events.put("tick, too late", new Event.Tick(LATER));
        return events;
    }

    private static String name(Worker worker) {
        return worker.getClass().getSimpleName();
    }

    private static String effects(Step step) {
        return step.effects().stream()
                .map(effect -> effect instanceof Effect.Clear clear
                        ? "clear as "
                                + clear.parting()
                                        .name()
                                        .toLowerCase(Locale.ROOT)
                                        .replace('_', ' ')
                        : effect.getClass().getSimpleName().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
    }

    /** What changes the state or has an effect, by event: the picture in docs/lifecycle/worker.md. */
    private static String diagram() {
        Map<String, TreeSet<String>> arrows = new TreeMap<>();
        states().forEach((_, state) -> events().forEach((label, event) -> {
            Step step = LIFE.on(state, event);
            if (!step.next().equals(state) || !step.effects().isEmpty()) {
                String arrow = name(state) + " --> " + name(step.next());
                String does = effects(step).isEmpty() ? "" : " / " + effects(step);
                arrows.computeIfAbsent(arrow, _ -> new TreeSet<>()).add(label + does);
            }
        }));
        StringBuilder text = new StringBuilder("""
                # A worker, as its CVM sees it

                Drawn by `LifeTest` from the transitions that it visits (`-Dcloister.draw=true` writes it anew); `cvm-controller/service`, `cloister.cvm.worker.Life`.
                Written as *event / effects*. What is not drawn changes nothing.

                ```mermaid
                stateDiagram-v2
                    [*] --> Starting
                """);
        arrows.forEach((arrow, labels) -> {
            for (String label : labels) {
                text.append("    ").append(arrow).append(": ").append(label).append('\n');
            }
        });
        return text.append("    Gone --> [*]\n```\n").toString();
    }

    @Test
    void every_event_in_every_state_has_an_answer_and_every_state_is_reached() {
        TreeSet<String> reached = new TreeSet<>();
        reached.add("Starting");
        states().values()
                .forEach(state -> events().values()
                        .forEach(event -> reached.add(name(LIFE.on(state, event).next()))));

        assertThat(reached)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(Worker.class.getPermittedSubclasses())
                        .map(Class::getSimpleName)
                        .toList());
        List<String> visited = new ArrayList<>();
        events().values().forEach(event -> visited.add(event.getClass().getSimpleName()));
        assertThat(visited)
                .containsAll(Arrays.stream(Event.class.getPermittedSubclasses())
                        .map(Class::getSimpleName)
                        .toList());
    }

    @Test
    void the_picture_in_the_documentation_is_the_one_that_the_code_draws() throws IOException {
        Path picture = Path.of("../../docs/lifecycle/worker.md");
        if (Boolean.getBoolean("cloister.draw")) {
            Files.createDirectories(picture.getParent());
            Files.writeString(picture, diagram(), StandardCharsets.UTF_8);
        }
        assertThat(Files.readString(picture)).isEqualTo(diagram());
    }

    @Test
    void from_every_state_it_comes_to_its_end_when_it_is_lost_and_everything_succeeds() {
        states().forEach((label, state) -> {
            Worker worker = LIFE.on(state, new Event.Lost(NOW)).next();
            worker = LIFE.on(worker, new Event.Tick(LATER)).next();
            worker = LIFE.on(worker, new Event.Cleared(LATER)).next();
            assertThat(worker).as(label).isInstanceOf(Worker.Gone.class);
        });
    }

    @Test
    void no_state_but_the_first_and_the_working_ones_waits_for_ever() {
        states().forEach((label, state) -> {
            boolean mayWait = state instanceof Worker.Starting
                    || state instanceof Worker.Gone
                    || state instanceof Worker.Draining
                    || (state instanceof Worker.Leaving leaving && leaving.underWay());
            Worker next = LIFE.on(state, new Event.Tick(LATER)).next();
            assertThat(next.equals(state)).as(label).isEqualTo(mayWait);
        });
    }

    @Test
    void a_drain_that_slurm_forgot_is_given_again() {
        Step step = LIFE.on(new Worker.Draining(GUEST, NOW), new Event.Seen(NodeState.FREE, LATER));

        assertThat(step.effects()).containsExactly(new Effect.Drain());
        assertThat(step.next()).isEqualTo(new Worker.Draining(GUEST, LATER));
    }

    @Test
    void a_job_that_slipped_in_before_the_drain_keeps_its_worker() {
        Step step = LIFE.on(new Worker.Draining(GUEST, NOW), new Event.Seen(NodeState.DRAINING, NOW));

        assertThat(step).isEqualTo(new Step(new Worker.Serving(GUEST, NOW), List.of(new Effect.Resume())));
    }

    @Test
    void a_worker_that_cannot_be_joined_is_given_up_after_three_tries() {
        Worker worker =
                LIFE.on(new Worker.Starting(), new Event.Heard(GUEST, NOW)).next();
        int joins = 1;
        Instant at = NOW;
        for (int round = 0; round < 10 && !(worker instanceof Worker.Leaving); round++) {
            at = at.plusSeconds(10);
            worker = LIFE.on(worker, new Event.NotJoined(at)).next();
            at = at.plusSeconds(10);
            Step step = LIFE.on(worker, new Event.Tick(at));
            joins += step.effects().stream().anyMatch(Effect.Join.class::isInstance) ? 1 : 0;
            worker = step.next();
        }
        assertThat(joins).isEqualTo(3);
        assertThat(worker).isInstanceOf(Worker.Leaving.class);
    }

    @Test
    void a_worker_is_greeted_before_it_thinks_that_it_was_forgotten() {
        Worker serving = new Worker.Serving(GUEST, NOW);

        assertThat(LIFE.on(serving, new Event.Tick(NOW.plusSeconds(179))).effects())
                .isEmpty();
        Step step = LIFE.on(serving, new Event.Tick(NOW.plusSeconds(180)));
        assertThat(step.effects()).containsExactly(new Effect.Greet(GUEST));
        assertThat(step.next()).isEqualTo(new Worker.Serving(GUEST, NOW.plusSeconds(180)));
    }

    @Test
    void what_the_broker_took_is_not_given_back() {
        assertThat(LIFE.on(new Worker.Serving(GUEST, NOW), new Event.Lost(NOW)).effects())
                .containsExactly(new Effect.Clear(Parting.TAKEN));
        assertThat(LIFE.on(new Worker.Serving(GUEST, NOW), new Event.Seen(NodeState.DOWN, NOW))
                        .effects())
                .containsExactly(new Effect.Clear(Parting.GIVEN_UP));
    }

    @Test
    void what_could_not_be_cleared_is_cleared_again() {
        Worker failed = LIFE.on(new Worker.Leaving(Parting.TAKEN, true, NOW), new Event.NotCleared(NOW))
                .next();

        assertThat(LIFE.on(failed, new Event.Tick(NOW)).effects()).isEmpty();
        assertThat(LIFE.on(failed, new Event.Tick(LATER)).effects()).containsExactly(new Effect.Clear(Parting.TAKEN));
    }
}
