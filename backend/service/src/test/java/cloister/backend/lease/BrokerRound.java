package cloister.backend.lease;

import cloister.bridge.SlurmBridge;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Many leases at once, from the CVMs' wish, through intent, submission and record, until each is stored with its job. */
final class BrokerRound {
    private static final Duration LONGEST = Duration.ofMinutes(3);

    private BrokerRound() {}

    /** How many seconds it took; the leases are not in the database any more. */
    static double seconds(DataSource source, Fleet fleet, SlurmBridge bridge, int projects, int leases)
            throws Exception {
        int last = fleet.more(projects);
        LeaseRoom room = LeaseRoom.in(
                new LeaseRoom.Around(
                        source,
                        InstantSource.system(),
                        bridge.placeholders(),
                        bridge.gate(),
                        fleet,
                        fleet.projects(),
                        fleet,
                        _ -> {},
                        Executors.newVirtualThreadPerTaskExecutor()),
                PassBench.production(),
                leases);
        JdbcClient tables = JdbcClient.create(source);
        room.loop().start();
        try (ExecutorService cvms = Executors.newVirtualThreadPerTaskExecutor()) {
            long begin = System.nanoTime();
            List<Future<?>> wishes = new ArrayList<>();
            for (int i = 0; i < projects; i++) {
                int project = last - i;
                wishes.add(cvms.submit(() -> wish(room, project, leases / projects)));
            }
            for (Future<?> wish : wishes) {
                wish.get();
            }
            await(tables, leases);
            return (System.nanoTime() - begin) / 1e9;
        } finally {
            room.loop().stop();
            // Not deleted: the next round would read past what was.
            tables.sql("truncate lease cascade").update();
        }
    }

    private static void wish(LeaseRoom room, int project, int leases) {
        for (int lease = 1; lease <= leases; lease++) {
            if (!(room.leases().put(project, lease, Fleet.WISH) instanceof Leases.Put.Recorded)) {
                throw new IllegalStateException("lease " + lease + " of project " + project + " was not recorded");
            }
        }
    }

    private static void await(JdbcClient tables, int leases) throws InterruptedException {
        long end = System.nanoTime() + LONGEST.toNanos();
        while (tables.sql("select count(*) from lease where state ->> 'is' = 'Queued'")
                        .query(Integer.class)
                        .single()
                < leases) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("not all leases were submitted within " + LONGEST + ": "
                        + tables.sql("select state ->> 'is' || ' ' || count(*) from lease group by state ->> 'is'")
                                .query(String.class)
                                .list());
            }
            // Seldom: it reads all leases, and is not part of what is measured.
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }
}
