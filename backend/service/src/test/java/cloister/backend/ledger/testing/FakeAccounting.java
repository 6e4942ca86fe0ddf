package cloister.backend.ledger.testing;

import cloister.bridge.Accounting;
import cloister.bridge.Booking;
import cloister.bridge.JobRecord;
import cloister.bridge.Records;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A slurmdbd in memory. */
public final class FakeAccounting implements Accounting {
    private final Map<String, String> accounts = new TreeMap<>();
    private final Map<String, String> wckeys = new TreeMap<>();
    private final Map<Long, String> notes = new TreeMap<>();
    private final List<JobRecord> jobs = new ArrayList<>();
    private final List<JobRecord> rests = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private boolean mute;
    private boolean adjusts;
    private int lookups;

    /** How often single jobs were asked for. */
    public synchronized int lookups() {
        return lookups;
    }

    /** It answers nothing from now on, or again. */
    public synchronized void mute(boolean on) {
        mute = on;
    }

    /** It is 26.05, or 24.11. */
    public synchronized void adjusts(boolean can) {
        adjusts = can;
    }

    /** Somebody else's account. */
    public synchronized void stranger(String account, String description) {
        accounts.put(account, description);
    }

    /** Accounts and wckeys that are there. */
    public synchronized List<String> names() {
        List<String> names = new ArrayList<>(accounts.keySet());
        names.addAll(wckeys.keySet());
        return names;
    }

    /** Somebody takes it out. */
    public synchronized void lose(String name) {
        accounts.remove(name);
        wckeys.remove(name);
    }

    /** Every call, in order. */
    public synchronized List<String> calls() {
        return List.copyOf(calls);
    }

    /** What stands at a job while it lives. */
    public synchronized @Nullable String note(long job) {
        return notes.get(job);
    }

    /** Records a job, in the place of an earlier record of the same job. */
    public synchronized void record(JobRecord record) {
        forget(record.job());
        jobs.add(record);
    }

    /** Of a recorded job that gave hosts back, a period shows this alone: what came before lies in another. */
    public synchronized void rest(JobRecord part) {
        rests.add(part);
    }

    /** Purges a job. */
    public synchronized void forget(long job) {
        jobs.removeIf(known -> known.job() == job);
    }

    @Override
    public synchronized Booking openAccount(String name, String parent, String description) {
        calls.add("open " + name + " below " + parent);
        if (mute) {
            return new Booking.Unknown("mute");
        }
        String known = accounts.putIfAbsent(name, description);
        return known == null || known.equals(description) ? new Booking.Done() : new Booking.Foreign(known);
    }

    @Override
    public synchronized Booking closeAccount(String name, String description) {
        calls.add("close " + name);
        if (mute) {
            return new Booking.Unknown("mute");
        }
        String known = accounts.get(name);
        if (known != null && !known.equals(description)) {
            return new Booking.Foreign(known);
        }
        accounts.remove(name);
        return new Booking.Done();
    }

    @Override
    public synchronized Booking openWckey(String name) {
        calls.add("open " + name);
        if (mute) {
            return new Booking.Unknown("mute");
        }
        wckeys.put(name, name);
        return new Booking.Done();
    }

    @Override
    public synchronized Booking closeWckey(String name) {
        calls.add("close " + name);
        if (mute) {
            return new Booking.Unknown("mute");
        }
        wckeys.remove(name);
        return new Booking.Done();
    }

    @Override
    public synchronized Booking note(long job, Instant submitted, String text) {
        if (mute) {
            return new Booking.Unknown("mute");
        }
        calls.add("note " + job + " " + text);
        notes.put(job, text);
        return new Booking.Done();
    }

    @Override
    public synchronized void forgetNote(long job, Instant submitted) {
        calls.add("forget " + job);
    }

    @Override
    public synchronized Records records(String account, Instant from, Instant until) {
        if (mute) {
            return new Records.Unknown("mute");
        }
        return new Records.Seen(Stream.concat(jobs.stream(), rests.stream())
                .filter(job -> job.account().equals(account))
                .filter(job ->
                        !job.submitted().isBefore(from) || rests.stream().noneMatch(one -> one.job() == job.job()))
                .filter(job -> job.submitted().isBefore(until)
                        && !job.ended().orElse(until).isBefore(from))
                .toList());
    }

    @Override
    public synchronized Records records(long job) {
        lookups++;
        return mute
                ? new Records.Unknown("mute")
                : new Records.Seen(
                        jobs.stream().filter(known -> known.job() == job).toList());
    }

    @Override
    public synchronized Booking adjusts() {
        if (mute) {
            return new Booking.Unknown("mute");
        }
        return adjusts ? new Booking.Done() : new Booking.Refused("this Slurm is older than 26.05");
    }

    @Override
    public synchronized Booking adjust(long job, Instant submitted, long cpus, long memMiB) {
        calls.add("adjust " + job + " " + cpus + " " + memMiB);
        if (mute) {
            return new Booking.Unknown("mute");
        }
        for (JobRecord known : List.copyOf(jobs)) {
            if (known.job() == job && known.submitted().equals(submitted)) {
                record(known.with(cpus, memMiB));
                return new Booking.Done();
            }
        }
        return new Booking.Refused("no such job");
    }
}
