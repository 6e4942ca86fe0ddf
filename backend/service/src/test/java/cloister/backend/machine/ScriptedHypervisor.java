package cloister.backend.machine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A host in memory whose guests are played by the test. */
final class ScriptedHypervisor implements Hypervisor {
    final Map<String, Optional<String>> domains = new TreeMap<>();
    final TreeSet<String> volumes = new TreeSet<>();
    final Map<String, Load> loads = new TreeMap<>();
    final List<String> done = new ArrayList<>();
    final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    final BlockingQueue<Inbox> opened = new LinkedBlockingQueue<>();
    private final String host;
    private @Nullable String refusal;
    private boolean silent;
    private boolean createsLate;

    ScriptedHypervisor(String host) {
        this.host = host;
    }

    /** The next create is refused. */
    synchronized void refuse(String why) {
        refusal = why;
    }

    synchronized void silent(boolean now) {
        silent = now;
    }

    /** The next create is carried out, but its answer is lost. */
    synchronized void losesTheAnswerToCreate() {
        createsLate = true;
    }

    /** What the guest says. */
    static void say(Inbox inbox, String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        inbox.take(bytes, bytes.length);
    }

    /** The next boot channel that is opened. */
    Inbox nextOpened() throws InterruptedException {
        return within(opened.poll(10, TimeUnit.SECONDS), "no boot channel was opened");
    }

    /** The nonce of the next boot line. */
    String nextNonce() throws InterruptedException {
        String line = within(lines.poll(10, TimeUnit.SECONDS), "no boot line came");
        int at = line.indexOf("\"nonce\":\"") + 9;
        return line.substring(at, at + 32);
    }

    private static <T> T within(@Nullable T thing, String what) {
        if (thing == null) {
            throw new AssertionError(what);
        }
        return thing;
    }

    private synchronized void answer() throws Unanswered {
        if (silent) {
            throw new Unanswered(host + " is silent");
        }
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public synchronized Optional<LiveDomain> find(String domain) throws Unanswered {
        answer();
        return domains.containsKey(domain)
                ? Optional.of(new LiveDomain(domain, domains.getOrDefault(domain, Optional.empty())))
                : Optional.empty();
    }

    @Override
    public synchronized List<LiveDomain> live() throws Unanswered {
        answer();
        return domains.entrySet().stream()
                .map(one -> new LiveDomain(one.getKey(), one.getValue()))
                .toList();
    }

    @Override
    public synchronized Optional<Load> load(String domain) throws Unanswered {
        answer();
        return Optional.ofNullable(loads.get(domain));
    }

    @Override
    public synchronized void create(String xml) throws Unanswered, Rejected {
        answer();
        String why = refusal;
        refusal = null;
        if (why != null) {
            throw new Rejected(why);
        }
        String name = xml.substring(xml.indexOf("<name>") + 6, xml.indexOf("</name>"));
        if (domains.containsKey(name)) {
            throw new Rejected(name + " lives already");
        }
        done.add("create " + name);
        domains.put(name, Optional.of(xml.substring(xml.indexOf("<c:domain"), xml.indexOf("</metadata>"))));
        if (createsLate) {
            createsLate = false;
            throw new Unanswered("the answer was lost");
        }
    }

    @Override
    public synchronized void destroy(String domain) throws Unanswered {
        answer();
        done.add("destroy " + domain);
        domains.remove(domain);
    }

    @Override
    public synchronized void mark(String domain, String xml) throws Unanswered {
        answer();
        done.add("mark " + domain);
        domains.replace(domain, Optional.of(xml));
    }

    @Override
    public synchronized void pause(String domain) throws Unanswered {
        answer();
        done.add("pause " + domain);
    }

    @Override
    public synchronized void resume(String domain) throws Unanswered {
        answer();
        done.add("resume " + domain);
    }

    @Override
    public synchronized void blankVolume(String name, int mebibytes) throws Unanswered {
        answer();
        done.add("volume " + name + " " + mebibytes);
        volumes.add(name);
    }

    @Override
    public synchronized void keptVolume(String name) throws Unanswered, Rejected {
        answer();
        if (!volumes.contains(name)) {
            throw new Rejected("no volume " + name);
        }
        done.add("keep " + name);
    }

    @Override
    public synchronized void deleteVolume(String name) throws Unanswered {
        answer();
        if (volumes.remove(name)) {
            done.add("delete " + name);
        }
    }

    @Override
    public Optional<BootPort> openBootChannel(String domain, Inbox inbox) throws Unanswered {
        if (find(domain).isEmpty()) {
            return Optional.empty();
        }
        opened.add(inbox);
        return Optional.of(new BootPort() {
            @Override
            public void send(byte[] line) {
                lines.add(new String(line, StandardCharsets.UTF_8));
            }

            @Override
            public boolean alive() {
                return true;
            }

            @Override
            public void close() {
                inbox.end();
            }
        });
    }
}
