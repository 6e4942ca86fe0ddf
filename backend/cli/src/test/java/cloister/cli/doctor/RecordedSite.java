package cloister.cli.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a real Slurm said (24.11.5 of Debian, 26.05.5), with the files of the demonstration site beside it; each answer and file
 * can be altered.
 */
final class RecordedSite implements Commands, Disk {
    static final String CONFIG = "scontrol show config";
    static final String ACCOUNTING = "sacctmgr show configuration";
    static final String NODES = "scontrol show node -o";
    static final String PARTITIONS = "scontrol show partition -o";
    static final String BURST_BUFFER = "scontrol show burstbuffer";
    static final String PROBE = "sbatch --test-only --partition=batch --wrap=true";
    static final String LEVEL = "sacctmgr -n -P show user where name=cloister format=adminlevel";
    static final String TOKEN = "/run/cloister/slurm.token";
    static final String BACKEND = "/etc/cloister/backend.yaml";
    static final String GATE = "/var/spool/cloister/gate";
    static final String SITE = "/etc/slurm/cloister.lua";
    static final String SLURMDBD = "/etc/slurm/slurmdbd.conf";
    static final long SLURM = 64030;

    private final Map<String, Known<Output>> answers = new HashMap<>();
    private final Map<Path, String> texts = new HashMap<>();
    private final Map<Path, Entry> entries = new HashMap<>();
    private Instant now;

    RecordedSite(String version) {
        answer(CONFIG, recorded(version, "config"));
        answer(ACCOUNTING, recorded(version, "accounting"));
        answer(NODES, recorded(version, "nodes"));
        answer(PARTITIONS, recorded(version, "partitions"));
        answer(BURST_BUFFER, recorded(version, "burst-buffer"));
        List.of("slurmctld", "slurmdbd", "slurmrestd")
                .forEach(daemon -> answer(daemon + " -V", recorded(version, daemon)));
        answer("getent passwd cloister", recorded(version, "passwd"));
        answer("getent passwd slurm", "slurm:x:64030:64030::/nonexistent:/usr/sbin/nologin\n");
        answer(LEVEL, "Operator\n");
        answer("id -G cloister", "5000\n");
        answer("id -G slurm", "64030\n");
        answers.put(PROBE, Known.seen(new Output(1, "", recorded(version, "probe"))));
        String time = recorded(version, "config").lines().findFirst().orElse("").replaceAll(".* ", "");
        now = Instant.parse(time + "Z").plusSeconds(1);
        Shipped.plugins().forEach((name, text) -> file("/etc/slurm/" + name, text, 0, 0644));
        file(SITE, """
                return {
                   backend_uids = { 5000 },
                   admin_uids = { 0, 64030 },
                   gate = "/var/spool/cloister/gate",
                   gate_limit_seconds = 600,
                }
                """, 0, 0644);
        file(SLURMDBD, "StoragePass=never-shown\nPrivateData=jobs,usage,users,accounts\n", SLURM, 0600);
        file(BACKEND, """
                # The backend.
                cloister:
                  socket: /run/cloister/backend.sock
                  slurm:
                    url: http://127.0.0.1:6820
                    user: cloister
                    token-file: /run/cloister/slurm.token
                    partition: batch # ours
                    gate-folder: "/var/spool/cloister/gate"
                  machine:
                    user: another
                """, 0, 0644);
        folder(GATE, 0, 0, 0755);
        folder(GATE + "/asked", SLURM, 5000, 0750);
        folder(GATE + "/answers", 5000, SLURM, 02750);
        file(GATE + "/answers/heartbeat", now.getEpochSecond() - 4 + "\n", 5000, 0644);
        token("cloister", -600, 3000);
    }

    private static String recorded(String version, String name) {
        String path = "/doctor/" + version + "/" + name + ".txt";
        try (InputStream in = RecordedSite.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("there is no " + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(path, e);
        }
    }

    void answer(String command, String text) {
        answers.put(command, Known.seen(new Output(0, text, "")));
    }

    void fails(String command, int code, String err) {
        answers.put(command, Known.seen(new Output(code, "", err)));
    }

    void silent(String command) {
        answers.put(command, Known.unseen(command + " did not answer"));
    }

    /** Alters an answer, which must have that part. */
    void change(String command, String regex, String to) {
        if (!(answers.get(command) instanceof Known.Seen<Output>(Output output))) {
            throw new IllegalStateException("no answer to change: " + command);
        }
        answer(command, changed(output.out(), regex, to));
    }

    void change(Path file, String regex, String to) {
        texts.put(file, changed(texts.getOrDefault(file, ""), regex, to));
    }

    private static String changed(String text, String regex, String to) {
        String changed = text.replaceAll("(?m)" + regex, to);
        if (changed.equals(text)) {
            throw new IllegalStateException("there is no " + regex + " in:\n" + text);
        }
        return changed;
    }

    /** A setting of {@code scontrol show config}. */
    void set(String name, String value) {
        change(CONFIG, "^" + name.replace("[", "\\[").replace("]", "\\]") + " +=.*$", name + " = " + value);
    }

    void file(String path, String text, long uid, int mode) {
        texts.put(Path.of(path), text);
        entries.put(Path.of(path), new Entry(false, true, uid, uid, mode));
    }

    void folder(String path, long uid, long gid, int mode) {
        entries.put(Path.of(path), new Entry(true, false, uid, gid, mode));
    }

    void mode(String path, long uid, int mode) {
        entries.put(Path.of(path), new Entry(false, true, uid, uid, mode));
    }

    void remove(String path) {
        texts.remove(Path.of(path));
        entries.remove(Path.of(path));
    }

    /** A token without a signature; times in seconds from now. */
    void token(String user, long issued, long expires) {
        String payload = String.format(
                "{\"exp\":%d,\"iat\":%d,\"sun\":\"%s\"}",
                now.getEpochSecond() + expires, now.getEpochSecond() + issued, user);
        String part = Base64.getUrlEncoder().withoutPadding().encodeToString(payload.getBytes(StandardCharsets.UTF_8));
        file(TOKEN, "e30." + part + ".c2ln\n", 5000, 0400);
    }

    void later(long seconds) {
        now = now.plusSeconds(seconds);
    }

    Gather gather() {
        return new Gather(this, this, InstantSource.fixed(now), Path.of("/etc/slurm"), Path.of(BACKEND));
    }

    List<Finding> findings() {
        return new SlurmDoctor(gather(), true).findings();
    }

    Verdict on(Item item) {
        return item.on(gather().facts()).verdict();
    }

    @Override
    public Known<Output> run(List<String> command) {
        String line = String.join(" ", command);
        return answers.getOrDefault(line, Known.unseen(line + " is not there"));
    }

    @Override
    public Known<Optional<Entry>> entry(Path path) {
        return Known.seen(Optional.ofNullable(entries.get(path)));
    }

    @Override
    public Known<Optional<String>> text(Path path) {
        return Known.seen(Optional.ofNullable(texts.get(path)));
    }
}
