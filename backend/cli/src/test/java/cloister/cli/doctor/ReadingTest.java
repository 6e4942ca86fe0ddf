package cloister.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and lists of others, read strictly. */
class ReadingTest {
    private static SiteFile site(String text) {
        if (SiteFile.parse(text) instanceof Known.Seen<SiteFile>(SiteFile site)) {
            return site;
        }
        throw new AssertionError(SiteFile.parse(text));
    }

    @Test
    void cloister_lua_is_a_table_of_lists_and_values() {
        SiteFile site = site("""
                --[[ two
                lines ]]
                return { -- who
                  backend_uids = { 5000, 5001; }, admin_uids = {0,64030},
                  gate = '/gate--x', gate_limit_seconds=600; partitions = { "sealed" },
                };
                """);
        assertThat(site.backendUids()).containsExactly(5000L, 5001L);
        assertThat(site.adminUids()).containsExactly(0L, 64030L);
        assertThat(site.gate()).contains("/gate--x");
        assertThat(site.gateLimitSeconds()).isEqualTo(600);
        assertThat(site.lists()).containsKey("partitions");
    }

    @Test
    void what_cloister_lua_leaves_out_is_as_its_reader_has_it() {
        SiteFile site = site("return { backend_uids = { 1 } }");
        assertThat(site.adminUids()).containsExactly(0L);
        assertThat(site.gateLimitSeconds()).isEqualTo(3600);
        assertThat(site.gate()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "return",
                "return {",
                "{ gate = 1 }",
                "return { backend_uids = { 5000 } } x",
                "return { backend_uids = { os.time() } }",
                "return { gate = \"/a\" .. \"b\" }",
                "return { gate = \"a\\nb\" }",
                "return { backend_uids = { five } }",
                "return { backend_uids = { \"five\" } }",
                "return { 5000 }",
                "return { gate = = 5 }",
                "return { a = 1 b = 2 }"
            })
    void anything_else_in_cloister_lua_is_not_judged(String text) {
        assertThat(SiteFile.parse(text)).isInstanceOf(Known.Unseen.class);
    }

    @Test
    void the_backend_s_configuration_is_read_by_its_nesting() {
        String text = """
                cloister:
                  slurm:   # here
                    user: 'cloister'
                    deeper:
                      partition: wrong
                    partition: batch
                    # token-file: /commented
                    token-file: /run/t # no secret
                    gate-folder: /gate
                other:
                  slurm:
                    user: mallory
                """;
        assertThat(BackendFile.parse(text))
                .isEqualTo(Known.seen(new BackendFile("cloister", "batch", "/run/t", "/gate")));
        assertThat(BackendFile.parse(text.replace("gate-folder", "gateFolder")))
                .isEqualTo(Known.unseen("the backend's configuration has no plain cloister.slurm.gate-folder"));
    }

    @Test
    void lists_of_hosts_are_expanded() {
        assertThat(HostList.expand("vmhost[1-3,07],gpu1,r[1-2]n[08-09]x"))
                .containsExactly(
                        "vmhost1", "vmhost2", "vmhost3", "vmhost07", "gpu1", "r1n08x", "r1n09x", "r2n08x", "r2n09x");
        assertThat(HostList.expand("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a[1-", "a]1", "a[2-1]", "a[x]", "a[1-99999999]", "a[0-999]b[0-999]", "a[]"})
    void what_is_no_list_of_hosts_is_refused(String list) {
        assertThatIllegalArgumentException().isThrownBy(() -> HostList.expand(list));
    }

    @Test
    void a_token_tells_whose_it_is_and_how_long() {
        // {"exp":2000,"iat":1000,"sun":"cloister"}
        String payload = "eyJleHAiOjIwMDAsImlhdCI6MTAwMCwic3VuIjoiY2xvaXN0ZXIifQ";
        for (String prefix : new String[] {"", "SLURM_JWT="}) {
            if (!(Token.parse(prefix + "e30." + payload + ".c2ln\n") instanceof Known.Seen<Token>(Token token))) {
                throw new AssertionError("no token");
            }
            assertThat(token.user()).isEqualTo("cloister");
            assertThat(token.life()).isEqualTo(Duration.ofSeconds(1000));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "secret", "a.b", "e30.###.x", "e30.e30.x", "e30.c2VjcmV0.x", "e30.WzFd.x"})
    void what_is_no_token_is_not_shown(String text) {
        assertThat(Token.parse(text)).isInstanceOf(Known.Unseen.class);
        assertThat(Token.parse(text).toString()).doesNotContain("secret").doesNotContain("c2VjcmV0");
    }

    @Test
    void settings_are_read_from_lines_and_from_pairs() {
        Settings lines =
                Settings.ofLines("A   = x y\nB=(null)\nSlurmctldHost[0] = h(1)\nnoise\nC = 10 sec\nD = a, B\n");
        assertThat(lines.get("A")).contains("x y");
        assertThat(lines.get("B")).isEmpty();
        assertThat(lines.get("SlurmctldHost[0]")).contains("h(1)");
        assertThat(lines.number("C")).hasValue(10);
        assertThat(lines.number("A")).isEmpty();
        assertThat(lines.words("D")).containsExactly("a", "b");
        Settings pairs = Settings.ofPairs("NodeName=n1 OS=Linux 6 #1  State=IDLE\n  OtherTimeout=600\n");
        assertThat(pairs.get("OS")).contains("Linux");
        assertThat(pairs.number("OtherTimeout")).hasValue(600);
    }
}
