package cloister.cvm.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import cloister.broker.Members;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountsTest {
    private static final String KEY = "ssh-ed25519 " + "A".repeat(68);

    @TempDir
    private Path root = Path.of("");

    private final Map<Path, Integer> owners = new HashMap<>();

    private Accounts accounts() {
        return new Accounts(root, owners::put);
    }

    private static Members.Member member(int number, String login, int uid, String key) {
        return new Members.Member(number, login, uid, List.of(key));
    }

    @BeforeEach
    void a_machine_with_root_alone() throws IOException {
        Files.createDirectories(root.resolve("etc"));
        Files.createDirectories(root.resolve("home"));
        Files.writeString(root.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n");
        Files.writeString(root.resolve("etc/group"), "root:x:0:\n");
        Files.writeString(root.resolve("etc/shadow"), "root:*:20000:0:99999:7:::\n");
    }

    @Test
    void a_member_has_an_account_without_a_password_and_a_home_of_its_own() throws IOException {
        accounts().converge(new Members(1, List.of(member(1, "alice", 5001, KEY))));

        assertThat(Files.readAllLines(root.resolve("etc/passwd"))).contains("alice:x:5001:5001::/home/alice:/bin/bash");
        assertThat(Files.readString(root.resolve("etc/shadow"))).contains("alice:*:");
        assertThat(Files.getPosixFilePermissions(root.resolve("etc/shadow")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        assertThat(Files.getPosixFilePermissions(root.resolve("home/alice")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(owners).containsEntry(root.resolve("home/alice"), 5001);
        assertThat(Files.readString(root.resolve("etc/cloister/ssh/alice"))).isEqualTo(KEY + "\n");
    }

    @Test
    void doing_it_again_changes_nothing() throws IOException {
        Members members = new Members(1, List.of(member(1, "alice", 5001, KEY), member(2, "bob", 5002, KEY)));
        accounts().converge(members);
        String before = Files.readString(root.resolve("etc/passwd"));
        accounts().converge(members);

        assertThat(Files.readString(root.resolve("etc/passwd"))).isEqualTo(before);
    }

    @Test
    void who_is_no_member_any_more_cannot_log_in_and_keeps_its_files() throws IOException {
        accounts().converge(new Members(1, List.of(member(1, "alice", 5001, KEY), member(2, "bob", 5002, KEY))));
        accounts().converge(new Members(2, List.of(member(1, "alice", 5001, KEY))));

        assertThat(root.resolve("etc/cloister/ssh/bob")).doesNotExist();
        assertThat(root.resolve("home/bob")).exists();
        assertThat(Files.readString(root.resolve("etc/passwd"))).contains("bob:x:5002");
    }

    @Test
    void an_account_of_the_machine_cannot_be_taken() throws IOException {
        Files.writeString(root.resolve("etc/passwd"), "slurm:x:64030:64030::/:/usr/sbin/nologin\n");

        assertThatThrownBy(() -> accounts().converge(new Members(1, List.of(member(1, "slurm", 5001, KEY)))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(root.resolve("home/slurm")).doesNotExist();
    }

    @Test
    void what_could_break_a_line_or_a_path_is_refused_before_anything_changes() throws IOException {
        String before = Files.readString(root.resolve("etc/passwd"));
        for (Members.Member bad : List.of(
                member(1, "../x", 5001, KEY),
                member(1, "alice:x", 5001, KEY),
                member(1, "alice", 0, KEY),
                member(1, "alice", 5001, KEY + "\ncommand"),
                member(1, "alice", 5001, "command=\"x\" " + KEY))) {
            assertThatThrownBy(() -> accounts().converge(new Members(1, List.of(bad))))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(Files.readString(root.resolve("etc/passwd"))).isEqualTo(before);
    }

    @Test
    void two_members_cannot_be_one_user() {
        assertThatThrownBy(() -> accounts()
                        .converge(new Members(1, List.of(member(1, "alice", 5001, KEY), member(2, "bob", 5001, KEY)))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
