package cloister.backend.machine;

import cloister.broker.BootChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.DomainChannel;
import org.libvirt.DomainInfo.DomainState;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.MemoryStatistic;
import org.libvirt.StoragePool;
import org.libvirt.event.DomainEventType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One VM host through libvirt over TLS. The connection is opened at the first call, and again after it broke. */
final class LibvirtHypervisor implements Hypervisor, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtHypervisor.class);

    /** A host that says nothing for 5 s, 3 times, is gone: libvirt then closes the connection, and hanging calls return. */
    private static final int KEEPALIVE_SECONDS = 5;

    private static final int KEEPALIVE_COUNT = 3;
    private static final int ACTIVE_DOMAINS = 1;
    private static final int METADATA_ELEMENT = 2;
    /** VIR_DOMAIN_MEMORY_STAT_RSS, and how many there are. */
    private static final int RESIDENT = 7;

    private static final int MEMORY_STATISTICS = 16;
    private static final int LIVE = 1;
    private static final int LONGEST_REASON = 300;

    private final String host;
    private final String uri;
    private final Path volumes;
    private final Consumer<String> ended;
    private final HostCalls calls;
    private final Duration limit;
    private final ReentrantLock opening = new ReentrantLock();
    private volatile @Nullable LibvirtLink link;

    /**
     * A host that is asked nothing yet.
     *
     * @param host its name, validated: it becomes part of a URI
     * @param pki folder with the keys and certificates
     * @param volumes folder of the pool there
     * @param limit longest wait for an answer
     * @param ended told the name of each domain that ended; must return at once
     */
    LibvirtHypervisor(String host, Path pki, Path volumes, Duration limit, Consumer<String> ended) {
        this.host = host;
        this.uri = "qemu+tls://" + host + "/system?pkipath=" + pki;
        this.volumes = volumes;
        this.limit = limit;
        this.ended = ended;
        this.calls = new HostCalls(host, limit, () -> using(Connect::getLibVersion));
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public Optional<LiveDomain> find(String domain) throws Unanswered, Rejected {
        return make(connect -> {
            Optional<Domain> found = lookup(connect, domain);
            return found.isPresent() ? Optional.of(shown(found.get())) : Optional.empty();
        });
    }

    @Override
    public List<LiveDomain> live() throws Unanswered, Rejected {
        return make(connect -> {
            List<LiveDomain> live = new ArrayList<>();
            for (Domain domain : connect.listAllDomains(ACTIVE_DOMAINS)) {
                live.add(shown(domain));
            }
            return live;
        });
    }

    /** Reads what is wanted of a domain, and gives its handle back. */
    private static LiveDomain shown(Domain domain) throws LibvirtException {
        try {
            return new LiveDomain(
                    domain.getName(), Optional.of(domain.getMetadata(METADATA_ELEMENT, DomainXml.NAMESPACE, 0)));
        } catch (LibvirtException e) {
            if (code(e) == ErrorNumber.VIR_ERR_NO_DOMAIN_METADATA || code(e) == ErrorNumber.VIR_ERR_NO_DOMAIN) {
                return new LiveDomain(domain.getName(), Optional.empty());
            }
            throw e;
        } finally {
            release(domain);
        }
    }

    @Override
    public Optional<Load> load(String domain) throws Unanswered, Rejected {
        return make(connect -> {
            Optional<Domain> found = lookup(connect, domain);
            return found.isPresent() ? Optional.of(loadOf(found.get())) : Optional.empty();
        });
    }

    private static Load loadOf(Domain domain) throws LibvirtException {
        try {
            return new Load(
                    domain.getInfo().cpuTime,
                    Stream.of(domain.memoryStats(MEMORY_STATISTICS))
                            .filter(one -> one.getTag() == RESIDENT)
                            .mapToLong(MemoryStatistic::getValue)
                            .findFirst()
                            .orElse(0));
        } finally {
            release(domain);
        }
    }

    @Override
    public void create(String xml) throws Unanswered, Rejected {
        make(connect -> {
            release(connect.domainCreateXML(xml, 0));
            return DONE;
        });
    }

    @Override
    public void destroy(String domain) throws Unanswered, Rejected {
        make(connect -> {
            Optional<Domain> found = lookup(connect, domain);
            if (found.isPresent()) {
                end(found.get());
            }
            return DONE;
        });
    }

    private static void end(Domain domain) throws LibvirtException {
        try {
            domain.destroy();
        } catch (LibvirtException e) {
            // A domain that ended by itself in between is as good.
            if (code(e) != ErrorNumber.VIR_ERR_NO_DOMAIN && code(e) != ErrorNumber.VIR_ERR_OPERATION_INVALID) {
                throw e;
            }
        } finally {
            release(domain);
        }
    }

    private interface Act {
        void on(Domain domain) throws LibvirtException;
    }

    private void change(String name, Act act) throws Unanswered, Rejected {
        make(connect -> {
            Optional<Domain> found = lookup(connect, name);
            if (found.isPresent()) {
                try {
                    act.on(found.get());
                } finally {
                    release(found.get());
                }
            }
            return DONE;
        });
    }

    @Override
    public void mark(String domain, String xml) throws Unanswered, Rejected {
        change(domain, live -> live.setMetadata(METADATA_ELEMENT, xml, DomainXml.PREFIX, DomainXml.NAMESPACE, LIVE));
    }

    @Override
    public void pause(String domain) throws Unanswered, Rejected {
        change(domain, Domain::suspend);
    }

    @Override
    public void resume(String domain) throws Unanswered, Rejected {
        change(domain, live -> {
            // libvirt refuses to resume what runs.
            if (live.getInfo().state == DomainState.VIR_DOMAIN_PAUSED) {
                live.resume();
            }
        });
    }

    private interface InPool {
        void use(StoragePool pool) throws LibvirtException;
    }

    private void inPool(InPool work) throws Unanswered, Rejected {
        make(connect -> {
            StoragePool pool = LibvirtVolumes.pool(connect, host, volumes);
            work.use(pool);
            pool.free();
            return DONE;
        });
    }

    @Override
    public void blankVolume(String name, int mebibytes) throws Unanswered, Rejected {
        inPool(pool -> LibvirtVolumes.blank(pool, name, mebibytes));
    }

    @Override
    public void keptVolume(String name) throws Unanswered, Rejected {
        inPool(pool -> LibvirtVolumes.find(pool, name));
    }

    @Override
    public void deleteVolume(String name) throws Unanswered, Rejected {
        inPool(pool -> LibvirtVolumes.delete(pool, name));
    }

    @Override
    public Optional<BootPort> openBootChannel(String domain, Inbox inbox) throws Unanswered, Rejected {
        return make(connect -> {
            Optional<Domain> found = lookup(connect, domain);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            try {
                return Optional.of(new LibvirtPort(
                        link, DomainChannel.open(found.get(), BootChannel.port(), new BootReceiver(inbox))));
            } finally {
                release(found.get());
            }
        });
    }

    private final class LibvirtPort implements BootPort {
        private final @Nullable LibvirtLink opened;
        private final DomainChannel channel;

        LibvirtPort(@Nullable LibvirtLink opened, DomainChannel channel) {
            this.opened = opened;
            this.channel = channel;
        }

        @Override
        public void send(byte[] line) throws Unanswered {
            Optional<String> wrong = channel.send(line);
            if (wrong.isPresent()) {
                throw new Unanswered(wrong.get());
            }
        }

        @Override
        public boolean alive() {
            return opened != null && opened.standing();
        }

        @Override
        public void close() {
            boolean taken = calls.later(() -> {
                try {
                    channel.close();
                } catch (LibvirtException e) {
                    LOG.debug("a boot channel of {} was gone when it was to be closed", host);
                }
            });
            if (!taken) {
                LOG.debug("a boot channel of {} stays until its connection ends", host);
            }
        }
    }

    /** What a call returns that has nothing to say. */
    private static final Object DONE = new Object();

    private interface Use<T> {
        T of(Connect connect) throws LibvirtException;
    }

    private <T> T make(Use<T> use) throws Unanswered, Rejected {
        return calls.make(() -> using(use));
    }

    private <T> T using(Use<T> use) throws Unanswered, Rejected {
        LibvirtLink now = linked();
        if (!now.enter()) {
            throw new Unanswered("the connection to " + host + " broke");
        }
        try {
            return use.of(now.connect());
        } catch (LibvirtException e) {
            String why = host + ": " + oneLine(e.getMessage());
            if (!now.standing()
                    || code(e) == ErrorNumber.VIR_ERR_RPC
                    || code(e) == ErrorNumber.VIR_ERR_OPERATION_TIMEOUT) {
                throw new Unanswered(why);
            }
            throw new Rejected(why);
        } finally {
            now.leave();
        }
    }

    static @Nullable ErrorNumber code(LibvirtException e) {
        return e.getError() == null ? null : e.getError().getCode();
    }

    private static String oneLine(@Nullable String message) {
        String line = message == null ? "no reason given" : message.replaceAll("\\p{Cntrl}+", " ");
        return line.length() > LONGEST_REASON ? line.substring(0, LONGEST_REASON) + "…" : line;
    }

    private static Optional<Domain> lookup(Connect connect, String domain) throws LibvirtException {
        try {
            return Optional.of(connect.domainLookupByName(domain));
        } catch (LibvirtException e) {
            if (code(e) == ErrorNumber.VIR_ERR_NO_DOMAIN) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static void release(Domain domain) {
        try {
            domain.free();
        } catch (LibvirtException e) {
            LOG.debug("libvirt could not free a domain's handle", e);
        }
    }

    /** The connection, opened if there is none that stands. One thread opens; the others give up when that takes long. */
    private LibvirtLink linked() throws Unanswered {
        LibvirtLink now = link;
        if (now != null && now.standing()) {
            return now;
        }
        try {
            if (!opening.tryLock(limit.toNanos() / 2, TimeUnit.NANOSECONDS)) {
                throw new Unanswered("another call is still connecting to " + host);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Unanswered("interrupted while connecting to " + host);
        }
        try {
            now = link;
            if (now != null && now.standing()) {
                return now;
            }
            if (now != null) {
                LOG.info("the connection to {} broke; connecting anew", host);
                now.retire();
            }
            LibvirtLink opened = new LibvirtLink(open());
            link = opened;
            return opened;
        } catch (LibvirtException e) {
            throw new Unanswered("can't connect to " + host + ": " + oneLine(e.getMessage()));
        } finally {
            opening.unlock();
        }
    }

    private Connect open() throws LibvirtException {
        LibvirtEvents.run();
        Connect opened = new Connect(uri);
        opened.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_COUNT);
        opened.addLifecycleListener((domain, event) -> {
            if (event.getType() == DomainEventType.STOPPED || event.getType() == DomainEventType.CRASHED) {
                try {
                    ended.accept(domain.getName());
                } catch (LibvirtException e) {
                    LOG.debug("a domain of {} ended, and its name can't be told", host, e);
                }
            }
            return 0;
        });
        return opened;
    }

    @Override
    public void close() {
        LibvirtLink last = link;
        if (last != null && !calls.later(last::retire)) {
            LOG.debug("the connection to {} ends with the process", host);
        }
        calls.close();
    }
}
