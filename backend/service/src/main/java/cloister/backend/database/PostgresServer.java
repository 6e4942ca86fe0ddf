package cloister.backend.database;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One PostgreSQL on one folder. It listens on a UNIX socket only, in a folder that only the service's user may enter: who
 * passes that may do anything, nobody else can try. What an earlier service left behind when it was killed (a server that
 * still runs, or a pid file of one that doesn't) is ended or removed before the start.
 */
final class PostgresServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
    private static final String READY = "database system is ready to accept connections";
    private static final String ROLE = "cloister";

    /** Longest path of a UNIX socket on Linux, in bytes, without its closing zero. */
    private static final int LONGEST_SOCKET_PATH = 107;

    private static final int ROOT = 0;

    private final Path programs;
    private final Path data;
    private final Path socket;
    private final FileChannel lock;
    private final Duration stopLimit;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private volatile boolean stopping;

    private PostgresServer(Path programs, Path folder, FileChannel lock, Duration stopLimit) {
        this.programs = programs;
        this.data = folder.resolve("data");
        this.socket = folder.resolve("socket");
        this.lock = lock;
        this.stopLimit = stopLimit;
    }

    /**
     * Starts the server and returns when it accepts connections.
     *
     * @param lost called once if it ends without {@link #close()}
     * @throws IllegalStateException where it can't be started, with what to do
     */
    static PostgresServer start(DatabaseConfig config, Runnable lost) {
        try {
            Path folder = Files.createDirectories(
                    config.dataFolder().toAbsolutePath(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            folder = folder.toRealPath();
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            FileChannel lock = locked(folder);
            PostgresServer server =
                    new PostgresServer(PostgresBinaries.unpackedIn(folder), folder, lock, config.stopLimit());
            server.clearLeftovers();
            server.initialise();
            server.launch(config.startLimit(), lost);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the database in " + config.dataFolder() + " can't be started; see the cause", e);
        }
    }

    private static FileChannel locked(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!lock(channel)) {
            channel.close();
            throw new IllegalStateException("another backend runs on " + folder + ": stop it first");
        }
        return channel;
    }

    private static boolean lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // This very process has it.
            return false;
        }
    }

    /** Role and owner of everything in the database. */
    static String role() {
        return ROLE;
    }

    /** For the driver. */
    String url() {
        return "jdbc:postgresql://localhost/postgres?sslmode=disable&gssEncMode=disable&socketFactory="
                + UnixSocketFactory.class.getName() + "&socketFactoryArg=" + socketFile();
    }

    private Path socketFile() {
        return socket.resolve(".s.PGSQL.5432");
    }

    private void clearLeftovers() throws IOException {
        Leftovers leftovers = new Leftovers(data);
        if (leftovers.running()) {
            LOG.warn("stopping the PostgreSQL that an earlier backend left running");
            run("pg_ctl", "-D", data.toString(), "-m", "fast", "-w", "-t", seconds(stopLimit), "stop");
            leftovers.awaitEnd(stopLimit);
        }
        Files.deleteIfExists(data.resolve("postmaster.pid"));
    }

    private void initialise() throws IOException {
        if (!Files.exists(data.resolve("PG_VERSION")) && !Files.exists(data.resolve("global/pg_control"))) {
            LOG.info("making a new database in {}", data);
            int exit =
                    run("initdb", "-D", data.toString(), "-U", ROLE, "--encoding=UTF8", "--no-locale", "--auth=reject");
            if (exit != 0) {
                throw new IOException("initdb ended with " + exit + "; its output is in the log");
            }
        }
        // The folder's mode is the lock on this door, see the class.
        Files.writeString(data.resolve("pg_hba.conf"), "local postgres " + ROLE + " trust\n");
        Files.createDirectories(
                socket, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (socketFile().toString().length() > LONGEST_SOCKET_PATH) {
            throw new IOException(
                    "the path of the data folder is too long for a socket: choose one below 80 characters");
        }
    }

    private void launch(Duration limit, Runnable lost) throws IOException {
        List<String> settings = new ArrayList<>(List.of("-D", data.toString()));
        for (String setting : List.of(
                "listen_addresses=",
                "unix_socket_directories=" + socket,
                "unix_socket_permissions=0700",
                "fsync=on",
                "synchronous_commit=on",
                "full_page_writes=on",
                "max_connections=80",
                "shared_buffers=64MB",
                "logging_collector=off",
                "log_timezone=UTC",
                "timezone=UTC")) {
            settings.add("-c");
            settings.add(setting);
        }
        Process process = new ProcessBuilder(command("postgres", settings.toArray(String[]::new)))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        Thread.ofPlatform().daemon().name("postgres-log").start(() -> follow(process));
        var _ = process.onExit().thenAccept(ended -> {
            ready.completeExceptionally(new IOException("PostgreSQL ended with " + ended.exitValue()));
            if (!stopping && !ready.isCompletedExceptionally()) {
                lost.run();
            }
        });
        awaitReady(limit, process);
    }

    private void awaitReady(Duration limit, Process process) throws IOException {
        try {
            ready.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new IOException("PostgreSQL did not start; its output is in the log", e.getCause());
        } catch (TimeoutException e) {
            stopping = true;
            process.destroy();
            throw new IOException(
                    "PostgreSQL was not ready within " + limit + ": raise cloister.database.start-limit", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while PostgreSQL started", e);
        }
    }

    private void follow(Process process) {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains(READY)) {
                    ready.complete(null);
                }
                if (line.contains("FATAL:") || line.contains("PANIC:") || line.contains("ERROR:")) {
                    LOG.warn("PostgreSQL: {}", line);
                } else {
                    LOG.debug("PostgreSQL: {}", line);
                }
            }
        } catch (IOException e) {
            LOG.warn("the log of PostgreSQL can't be read any more: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        stopping = true;
        try {
            run("pg_ctl", "-D", data.toString(), "-m", "fast", "-w", "-t", seconds(stopLimit), "stop");
            lock.close();
        } catch (IOException e) {
            LOG.warn("PostgreSQL may still run: {}", e.getMessage());
        }
    }

    private int run(String program, String... arguments) throws IOException {
        Process process = new ProcessBuilder(command(program, arguments))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        // Neither pg_ctl nor initdb leaves a child behind that would keep this pipe open.
        List<String> output = Collections.synchronizedList(new ArrayList<>());
        Thread reader =
                Thread.ofVirtual().start(() -> process.inputReader().lines().forEach(output::add));
        try {
            if (!process.waitFor(stopLimit.multipliedBy(4).toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException(program + " did not end");
            }
            reader.join(stopLimit);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + program + " ran", e);
        }
        if (process.exitValue() != 0) {
            LOG.error("{} ended with {}: {}", program, process.exitValue(), String.join("; ", output));
        }
        return process.exitValue();
    }

    private List<String> command(String program, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == ROOT) {
            // PostgreSQL refuses to run as root. Tests may: in a user namespace of its own it is nobody.
            command.addAll(List.of("unshare", "--user"));
        }
        command.add(programs.resolve("bin").resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static String seconds(Duration duration) {
        return Long.toString(Math.max(1, duration.toSeconds()));
    }
}
