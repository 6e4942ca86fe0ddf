package cloister.cvm.fleet;

import cloister.broker.Isolation;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.ReasonCode;
import cloister.cvm.demand.Gpus;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Slot;
import cloister.cvm.demand.Tenant;
import cloister.cvm.demand.WorkerKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A lease of ours, from the moment that its request is kept on the drive. */
final class Held {
    /** What we know of the broker's view. */
    enum Stage {
        /** The broker has not yet said that it took it. */
        ASKING,
        /** The broker has it. */
        LIVE,
        /** What it had did not start, and is being taken away; the broker may try again with other machines. */
        REPEATING,
        /** It is being given back, or the broker takes it away. */
        ENDING,
        /** The broker has nothing of it any more. */
        ENDED
    }

    private final int number;
    private final LeaseRequest request;
    private final List<JobKey> jobs;
    private final List<Tracked> workers = new ArrayList<>();
    private Stage stage = Stage.ASKING;
    private @Nullable Long endsAt;
    private LeaseList.@Nullable Lease last;
    private boolean unwanted;
    private boolean tied;
    private Instant nextTry;

    Held(int number, LeaseRequest request, List<JobKey> jobs, Instant now, Duration patience) {
        this.number = number;
        this.request = request;
        this.jobs = List.copyOf(jobs);
        this.nextTry = now.plus(patience);
        for (int worker = 1; worker <= request.workers(); worker++) {
            workers.add(new Tracked(new WorkerKey(number, worker), now));
        }
    }

    int number() {
        return number;
    }

    LeaseRequest request() {
        return request;
    }

    List<JobKey> jobs() {
        return jobs;
    }

    List<Tracked> workers() {
        return workers;
    }

    Optional<Tracked> worker(int number) {
        return number >= 1 && number <= workers.size() ? Optional.of(workers.get(number - 1)) : Optional.empty();
    }

    Stage stage() {
        return stage;
    }

    void become(Stage next) {
        stage = next;
    }

    boolean unwanted() {
        return unwanted;
    }

    void noLongerWanted() {
        unwanted = true;
    }

    /** The local Slurm is told which job has it: it is that one's from now on, and nobody's afterwards. */
    void tied() {
        tied = true;
    }

    Instant nextTry() {
        return nextTry;
    }

    void tryAgainAt(Instant at) {
        nextTry = at;
    }

    Optional<Instant> endsAt() {
        return Optional.ofNullable(endsAt).map(Instant::ofEpochSecond);
    }

    /** Takes the broker's word; answers whether it changed. */
    boolean endsAt(@Nullable Long seconds) {
        if (seconds == null || seconds.equals(endsAt)) {
            return false;
        }
        endsAt = seconds;
        return true;
    }

    boolean over() {
        return stage == Stage.ENDED && workers.stream().allMatch(Tracked::gone);
    }

    boolean everBusy() {
        return workers.stream().anyMatch(Tracked::everBusy);
    }

    /** Whether a repeated lease can begin anew: of its first workers nothing is left. */
    boolean cleared() {
        return workers.stream().allMatch(Tracked::gone);
    }

    /** The same lease with new machines under the same names. */
    void beginAnew(Instant now) {
        workers.replaceAll(old -> new Tracked(old.key(), now));
        endsAt = null;
        stage = Stage.LIVE;
    }

    /** Keeps the broker's last word. */
    void told(LeaseList.Lease word) {
        last = word;
    }

    Optional<LeaseList.Lease> lastWord() {
        return Optional.ofNullable(last);
    }

    ReasonCode reason() {
        return last == null ? ReasonCode.NONE : last.reason();
    }

    /** The lease's workers as room for jobs. */
    List<Slot> slots(Policy policy, Instant now) {
        Need size = new Need(
                request.cpus(), Policy.usableMemory(request.memMiB()), new Gpus(request.gpuKind(), request.gpus()));
        int tmp = Policy.usableTmp(request.scratchMiB());
        int usable = usableMin(policy, now);
        Tenant tenant = tenant(policy.limits().isolation());
        return workers.stream()
                .filter(worker -> !worker.gone() || stage == Stage.REPEATING)
                .map(worker -> {
                    if (stage == Stage.ENDING || stage == Stage.ENDED || unwanted) {
                        return new Slot(worker.key(), Slot.Kind.LEAVING, size, new Need(0, 0), tmp, now, 0, tenant);
                    }
                    return stage == Stage.REPEATING
                            ? new Slot(worker.key(), Slot.Kind.COMING, size, size, tmp, now, whole(policy), tenant)
                            : worker.slot(size, tmp, usable, tenant);
                })
                .toList();
    }

    private Tenant tenant(Isolation isolation) {
        return switch (isolation) {
            case PROJECT -> new Tenant.Everybody();
            case USER -> new Tenant.OneMember(request.member());
            // The jobs are not kept over a restart of the controller: then it is no job's, and what waited gets others.
            case JOB -> jobs.isEmpty() ? new Tenant.Nobody() : new Tenant.OneJob(jobs.getFirst(), tied);
        };
    }

    /** The longest limit of a job that its workers can still take. */
    private int usableMin(Policy policy, Instant now) {
        Optional<Instant> last = endsAt().map(end -> end.minus(Duration.ofMinutes(policy.graceMin())));
        return last.map(instant -> Math.clamp(Duration.between(now, instant).toMinutes(), 0, request.termMin()))
                .orElse(whole(policy));
    }

    private int whole(Policy policy) {
        return Math.max(0, request.termMin() - policy.bootMin() - policy.graceMin());
    }
}
