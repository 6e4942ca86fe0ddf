package cloister.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.slurm.testing.GlobalSlurm;
import cloister.slurm.testing.SlurmLine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A real Slurm of each line that is half configured, healed by the lines that are printed for it, and broken again. */
class SlurmDoctorIT {
    private static final String BACKEND = "/etc/cloister/backend.yaml";

    /** The rest of an installation: the backend's side of the gate, not quite right, its configuration and its token. */
    private static final String PREPARED = """
            set -eu
            install -d /etc/cloister /srv/gate
            install -d -m 0750 -o slurm -g "$(id -g cloister)" /srv/gate/asked
            install -d -m 2750 -o cloister -g "$(id -g slurm)" /srv/gate/answers
            install -d -m 0700 -o cloister /run/cloister
            printf '%s\\n' 'cloister:' '  slurm:' '    user: cloister' '    partition: batch' \
              '    token-file: /run/cloister/slurm.token' '    gate-folder: /srv/gate' > /etc/cloister/backend.yaml
            (umask 077; scontrol token username=cloister lifespan=3600 > /run/cloister/slurm.token)
            chown cloister: /run/cloister/slurm.token
            date +%s > /srv/gate/answers/heartbeat
            chmod 0777 /srv/gate/answers
            """;

    private static final Pattern TITLE = Pattern.compile("^# ([a-z_]+\\.(?:conf|lua))");

    @TempDir
    Path folder = Path.of("");

    /** A container's programs and files. */
    private record Inside(GlobalSlurm slurm) implements Commands, Disk {
        private static final String APART =
                "\"$@\" > /tmp/out 2> /tmp/err; echo $?; stat -c %s /tmp/out; cat /tmp/out /tmp/err";

        String shell(String script) {
            try {
                return slurm.run("bash", "-c", script);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }

        private String shell(List<String> command) {
            try {
                return slurm.run(Stream.concat(Stream.of("env", "TZ=UTC", "bash", "-c", APART, "_"), command.stream())
                        .toArray(String[]::new));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }

        @Override
        public Known<Output> run(List<String> command) {
            String said = shell(command);
            int first = said.indexOf('\n');
            int second = said.indexOf('\n', first + 1);
            int code = Integer.parseInt(said.substring(0, first));
            int end = second + 1 + Integer.parseInt(said.substring(first + 1, second));
            return code == 127
                    ? Known.unseen(command.getFirst() + " is not there")
                    : Known.seen(new Output(code, said.substring(second + 1, end), said.substring(end)));
        }

        @Override
        public Known<Optional<Entry>> entry(Path path) {
            return run(List.of("stat", "-L", "-c", "%F:%u:%g:%a", path.toString()))
                    .map(output -> {
                        if (output.code() != 0) {
                            return Optional.empty();
                        }
                        String[] parts = output.out().strip().split(":", -1);
                        return Optional.of(new Entry(
                                parts[0].equals("directory"),
                                parts[0].startsWith("regular"),
                                Long.parseLong(parts[1]),
                                Long.parseLong(parts[2]),
                                Integer.parseInt(parts[3], 8)));
                    });
        }

        @Override
        public Known<Optional<String>> text(Path path) {
            return run(List.of("cat", path.toString()))
                    .map(output -> output.code() == 0 ? Optional.of(output.out()) : Optional.empty());
        }
    }

    private static Gather gather(Inside inside) {
        inside.shell("date +%s > /srv/gate/answers/heartbeat");
        return new Gather(inside, inside, InstantSource.system(), Path.of("/etc/slurm"), Path.of(BACKEND));
    }

    private static Set<Item> wrong(Inside inside) {
        Set<Item> wrong = EnumSet.noneOf(Item.class);
        for (Finding finding : new SlurmDoctor(gather(inside), true).findings()) {
            boolean blind = finding.verdict() instanceof Verdict.Unknown(String _, boolean visible) && visible;
            assertThat(blind).as(finding.toString()).isFalse();
            if (finding.verdict() instanceof Verdict.Wrong) {
                wrong.add(finding.item());
            }
        }
        return wrong;
    }

    /** Puts printed lines where an administrator would put them. */
    private static void apply(Inside inside, String lines) {
        List<String> script = new ArrayList<>(List.of("set -eu"));
        String file = "";
        for (String line : lines.lines().toList()) {
            Matcher title = TITLE.matcher(line);
            if (title.find()) {
                file = title.group(1);
                if (!file.equals("slurm.conf") && !file.equals("slurmdbd.conf")) {
                    script.add(": > /etc/slurm/" + file);
                }
            } else if (!line.startsWith("#")) {
                if (file.equals("slurm.conf") || file.equals("slurmdbd.conf")) {
                    String name = line.substring(0, line.indexOf('='));
                    script.add("sed -i '/^" + name + "=/d' /etc/slurm/" + file);
                }
                script.add("echo '" + line + "' >> /etc/slurm/" + file);
            }
        }
        script.add("scontrol reconfigure; sacctmgr -i reconfigure");
        inside.shell(String.join("\n", script));
    }

    @ParameterizedTest
    @EnumSource(SlurmLine.class)
    void the_printed_lines_heal_a_real_slurm(SlurmLine line) throws IOException {
        try (GlobalSlurm slurm = GlobalSlurm.start(line, Path.of("../../lua-plugins/global"), folder)) {
            Inside inside = new Inside(slurm);
            inside.shell(PREPARED);
            assertThat(wrong(inside))
                    .contains(
                            Item.JOB_AGE,
                            Item.EPILOG,
                            Item.GATE_TIME,
                            Item.GATE_PATH,
                            Item.GATE_RIGHTS,
                            Item.BACKEND_LEVEL);

            inside.shell("chmod 2750 /srv/gate/answers");
            inside.shell("sacctmgr -iQ modify user cloister set AdminLevel=Operator");
            apply(inside, Lines.of(gather(inside).facts()));
            assertThat(wrong(inside)).isEmpty();

            inside.shell(
                    "sed -i 's/^PrivateData=.*/PrivateData=jobs/' /etc/slurm/slurmdbd.conf && sacctmgr -i reconfigure");
            inside.shell(
                    "sed -i 's/^EnforcePartLimits=.*/EnforcePartLimits=NO/' /etc/slurm/slurm.conf && scontrol reconfigure");
            inside.shell("echo '-- altered' >> /etc/slurm/cloister_mark.lua");
            assertThat(wrong(inside))
                    .containsExactlyInAnyOrder(Item.PRIVATE_DATA_DBD, Item.PART_LIMITS, Item.PLUGIN_FILES);
            if (line == SlurmLine.SLURM_26_05) {
                inside.shell(
                        "sed -i 's/^PrologEpilogTimeout=.*/PrologTimeout=600\\nEpilogTimeout=69/' /etc/slurm/slurm.conf"
                                + " && scontrol reconfigure");
                assertThat(wrong(inside)).contains(Item.EPILOG_TIME);
                assertThat(Lines.of(gather(inside).facts())).contains("PrologTimeout=600\nEpilogTimeout=90\n");
            }
        }
    }
}
