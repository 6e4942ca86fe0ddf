package cloister.vpn.vici;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.vpn.vici.testing.FakeCharon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class SessionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SHORT = Duration.ofMillis(150);
    private static final String YES = "0000000f 01 03 07 73756363657373 0003 796573";
    private static final String EMPTY_RESPONSE = "00000001 01";
    private static final String CONFIRM = "00000001 05";

    @TempDir
    Path folder;

    private interface Talk {
        void with(Session session) throws Exception;
    }

    private void play(FakeCharon.Part part, Talk talk) throws Exception {
        try (FakeCharon charon = FakeCharon.start(folder, part);
                Session session = Session.open(charon.socket(), PATIENCE)) {
            talk.with(session);
            assertThat(charon.faults()).isEmpty();
        }
    }

    @Test
    void command_and_answer_are_the_captured_bytes() throws Exception {
        play(
                line -> {
                    assertThat(line.hear()).isEqualTo("00000009000776657273696f6e");
                    line.say("00000019 01 03 06 6461656d6f6e 000e 636861726f6e2d73797374656d64");
                },
                session -> assertThat(session.ask("version", Message.empty(), PATIENCE)
                                .text("daemon"))
                        .contains("charon-systemd"));
    }

    @Test
    void answer_that_dribbles_in_byte_by_byte_is_put_together() throws Exception {
        play(
                line -> {
                    line.read();
                    String hex = YES.replace(" ", "");
                    for (int at = 0; at < hex.length(); at += 2) {
                        line.say(hex.substring(at, at + 2));
                    }
                },
                session -> assertThat(
                                session.command("x", Message.empty(), PATIENCE).text("success"))
                        .contains("yes"));
    }

    @Test
    void several_frames_in_one_piece_are_taken_apart() throws Exception {
        play(
                line -> {
                    line.read();
                    line.say("00000008 07 01 65 03 01 6b 0000" + YES);
                },
                session -> {
                    session.command("x", Message.empty(), PATIENCE);
                    assertThat(session.nextEvent(PATIENCE))
                            .hasValueSatisfying(
                                    event -> assertThat(event.name()).isEqualTo("e"));
                });
    }

    @Test
    void refusal_carries_charon_s_reason_and_the_conversation_goes_on() throws Exception {
        play(
                line -> {
                    line.read();
                    line.write(new Packet.CommandResponse(Message.builder()
                            .put("success", "no")
                            .put("errmsg", "unknown option: bogus,\u0007 config discarded")
                            .build()));
                    line.read();
                    line.say(YES);
                },
                session -> {
                    assertThatThrownBy(() -> session.command("load-conn", Message.empty(), PATIENCE))
                            .isInstanceOf(CharonRefused.class)
                            .hasMessage("charon refused load-conn: unknown option: bogus,? config discarded");
                    session.command("load-conn", Message.empty(), PATIENCE);
                });
    }

    @Test
    void answer_without_success_is_no_success() throws Exception {
        play(
                line -> {
                    line.read();
                    line.say(EMPTY_RESPONSE);
                },
                session -> assertThatThrownBy(() -> session.command("x", Message.empty(), PATIENCE))
                        .isInstanceOf(CharonRefused.class));
    }

    @Test
    void unknown_command_and_unknown_event_are_refusals_and_the_conversation_goes_on() throws Exception {
        play(
                line -> {
                    assertThat(line.hear()).isEqualTo("00000011000f6e6f2d737563682d636f6d6d616e64");
                    line.say("00000001 02");
                    assertThat(line.hear()).isEqualTo("0000000f030d6e6f2d737563682d6576656e74");
                    line.say("00000001 06");
                    line.read();
                    line.say(YES);
                },
                session -> {
                    assertThatThrownBy(() -> session.ask("no-such-command", Message.empty(), PATIENCE))
                            .isInstanceOf(CharonRefused.class);
                    assertThatThrownBy(() -> session.register("no-such-event", PATIENCE))
                            .isInstanceOf(CharonRefused.class);
                    session.command("x", Message.empty(), PATIENCE);
                });
    }

    @Test
    void stream_is_the_captured_bytes_with_other_events_in_between() throws Exception {
        play(
                line -> {
                    assertThat(line.hear()).isEqualTo("0000000b03096c6973742d636f6e6e");
                    line.say("00000005 07 03 616161" + CONFIRM);
                    assertThat(line.hear()).isEqualTo("0000000c000a6c6973742d636f6e6e73");
                    line.say("00000013 07 09 6c6973742d636f6e6e 01 05 6669727374 02");
                    line.say("00000005 07 03 626262");
                    line.say("00000014 07 09 6c6973742d636f6e6e 01 06 7365636f6e64 02");
                    line.say(EMPTY_RESPONSE);
                    assertThat(line.hear()).isEqualTo("0000000b04096c6973742d636f6e6e");
                    line.say("00000005 07 03 636363" + CONFIRM);
                },
                session -> {
                    List<String> names = new ArrayList<>();
                    session.stream(
                            "list-conns",
                            "list-conn",
                            Message.empty(),
                            PATIENCE,
                            message -> names.addAll(message.keys()));
                    assertThat(names).containsExactly("first", "second");
                    List<String> others = new ArrayList<>();
                    for (int i = 0; i < 3; i++) {
                        others.add(session.nextEvent(PATIENCE).orElseThrow().name());
                    }
                    assertThat(others).containsExactly("aaa", "bbb", "ccc");
                });
    }

    @Test
    void waiting_for_an_event_in_vain_is_no_fault() throws Exception {
        CountDownLatch quiet = new CountDownLatch(1);
        play(
                line -> {
                    line.read();
                    line.say(CONFIRM);
                    awaitLatch(quiet);
                    line.say("00000005 07 03 616161");
                    line.waitForTheEnd();
                },
                session -> {
                    session.register("aaa", PATIENCE);
                    assertThat(session.nextEvent(SHORT)).isEmpty();
                    quiet.countDown();
                    assertThat(session.nextEvent(PATIENCE)).isPresent();
                });
    }

    @Test
    void missing_answer_ends_the_conversation_so_that_it_cannot_be_taken_for_the_next_one() throws Exception {
        play(
                line -> {
                    line.read();
                    line.waitForTheEnd();
                },
                session -> {
                    assertThatThrownBy(() -> session.ask("x", Message.empty(), SHORT))
                            .isInstanceOf(CharonLost.class)
                            .hasMessageContaining("in time");
                    assertThatThrownBy(() -> session.ask("y", Message.empty(), PATIENCE))
                            .isInstanceOf(CharonLost.class)
                            .hasMessageContaining("over");
                });
    }

    @Test
    void frame_that_stops_in_the_middle_is_not_waited_for_longer_than_the_limit() throws Exception {
        play(
                line -> {
                    line.read();
                    line.say("0000000f 01 03");
                    line.waitForTheEnd();
                },
                session -> assertThatThrownBy(() -> session.ask("x", Message.empty(), SHORT))
                        .isInstanceOf(CharonLost.class)
                        .hasMessageContaining("in time"));
    }

    @Test
    void steady_stream_of_other_events_does_not_prolong_the_wait() throws Exception {
        play(
                line -> {
                    line.read();
                    for (int i = 0; i < 900; i++) {
                        line.say("00000005 07 03 616161");
                    }
                    line.waitForTheEnd();
                },
                session -> assertThatThrownBy(() -> session.ask("x", Message.empty(), SHORT))
                        .isInstanceOf(CharonLost.class)
                        .hasMessageContaining("in time"));
    }

    @Test
    void events_that_nobody_fetches_are_not_hoarded() throws Exception {
        play(
                line -> {
                    line.read();
                    String event = "0000000507 03616161";
                    line.say(event.repeat(1025));
                    line.waitForTheEnd();
                },
                session -> assertThatThrownBy(() -> session.ask("x", Message.empty(), PATIENCE))
                        .isInstanceOf(CharonLost.class)
                        .hasMessageContaining("1024"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"00080001", "7fffffff", "ffffffff", "80000000", "00000000"})
    void impossible_length_is_refused_before_anything_is_allocated(String length) throws Exception {
        play(
                line -> {
                    line.read();
                    line.say(length);
                    line.waitForTheEnd();
                },
                session -> assertThatThrownBy(() -> session.ask("x", Message.empty(), PATIENCE))
                        .isInstanceOf(CharonLost.class)
                        .hasMessageContaining("impossible length"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"00000001 05", "00000001 09", "00000003 00 01 61", "00000002 01 07"})
    void answer_that_does_not_fit_the_question_ends_the_conversation(String hex) throws Exception {
        play(
                line -> {
                    line.read();
                    line.say(hex);
                    line.waitForTheEnd();
                },
                session -> {
                    assertThatThrownBy(() -> session.ask("x", Message.empty(), PATIENCE))
                            .isInstanceOf(CharonLost.class);
                    assertThatThrownBy(() -> session.ask("x", Message.empty(), PATIENCE))
                            .hasMessageContaining("over");
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0000", "0000000f 01 03 07"})
    void death_of_charon_is_noticed_at_once(String lastWords) throws Exception {
        play(
                line -> {
                    line.read();
                    line.say(lastWords);
                },
                session -> assertThatThrownBy(() -> session.ask("x", Message.empty(), PATIENCE))
                        .isInstanceOf(CharonLost.class)
                        .hasMessageContaining("closed the connection"));
    }

    @Test
    void nobody_at_the_socket_is_charon_lost() {
        assertThatThrownBy(() -> Session.open(folder.resolve("none"), PATIENCE)).isInstanceOf(CharonLost.class);
    }

    @Test
    void closing_ends_the_wait_of_another_thread() throws Exception {
        CountDownLatch registered = new CountDownLatch(1);
        play(
                line -> {
                    line.read();
                    line.say(CONFIRM);
                    line.waitForTheEnd();
                },
                session -> {
                    session.register("aaa", PATIENCE);
                    CompletableFuture<Object> waiting = inThread(() -> {
                        registered.countDown();
                        return session.nextEvent(PATIENCE);
                    });
                    awaitLatch(registered);
                    session.close();
                    assertThatThrownBy(() -> waiting.get(5, TimeUnit.SECONDS))
                            .isInstanceOf(ExecutionException.class)
                            .hasCauseInstanceOf(CharonLost.class);
                });
    }

    @Test
    void two_threads_take_turns_and_each_gets_its_own_answer() throws Exception {
        play(
                line -> {
                    while (true) {
                        var request = (Packet.CommandRequest) line.read();
                        line.write(new Packet.CommandResponse(
                                Message.builder().put("said", request.name()).build()));
                    }
                },
                session -> {
                    List<CompletableFuture<Object>> all = new ArrayList<>();
                    for (int i = 0; i < 100; i++) {
                        String name = "command-" + i;
                        all.add(inThread(() -> session.ask(name, Message.empty(), PATIENCE)
                                .text("said")
                                .orElseThrow()
                                .equals(name)));
                    }
                    for (CompletableFuture<Object> one : all) {
                        assertThat(one.get(20, TimeUnit.SECONDS)).isEqualTo(true);
                    }
                });
    }

    @Test
    void receiver_that_throws_ends_the_conversation() throws Exception {
        play(
                line -> {
                    line.read();
                    line.say(CONFIRM);
                    line.read();
                    line.say("00000005 07 03 616161");
                    line.waitForTheEnd();
                },
                session -> {
                    assertThatThrownBy(() -> session.stream("x", "aaa", Message.empty(), PATIENCE, message -> {
                                throw new IllegalStateException("broken");
                            }))
                            .isInstanceOf(IllegalStateException.class);
                    assertThatThrownBy(() -> session.ask("x", Message.empty(), PATIENCE))
                            .hasMessageContaining("over");
                });
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private interface Work {
        Object run() throws Exception;
    }

    private static CompletableFuture<Object> inThread(Work work) {
        var result = new CompletableFuture<Object>();
        Thread.ofVirtual().start(() -> {
            try {
                result.complete(work.run());
            } catch (Exception e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }
}
