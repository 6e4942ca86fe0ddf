package cloister.lua;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The programs that these tests need. A missing one fails the test with the line that installs it; it is never skipped. */
final class Programs {
    private static final long LIMIT_SECONDS = 180;

    private Programs() {}

    /** Where the plugins lie: Surefire runs in the module's folder. */
    static Path plugins() {
        Path folder = Path.of("").toAbsolutePath();
        if (!Files.isDirectory(folder.resolve("global"))) {
            throw new IllegalStateException("not run in the folder lua-plugins: " + folder);
        }
        return folder;
    }

    static void require(String program, String debianPackage) {
        for (String folder : List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")) {
            if (new File(folder, program).canExecute()) {
                return;
            }
        }
        throw new AssertionError(program + " is missing. Install it: apt-get install " + debianPackage);
    }

    /** Runs a program, with both outputs together; longer than three minutes is an error. */
    static Ran run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("ran", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .redirectInput(new File("/dev/null"))
                    .start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " did not end: " + read(output));
            }
            return new Ran(process.exitValue(), read(output));
        } finally {
            Files.delete(output);
        }
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
