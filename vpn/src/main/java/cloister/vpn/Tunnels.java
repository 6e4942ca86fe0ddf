package cloister.vpn;

import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Pem;
import cloister.vpn.identity.Spki;
import cloister.vpn.vici.CharonLost;
import cloister.vpn.vici.CharonRefused;
import cloister.vpn.vici.Message;
import cloister.vpn.vici.Session;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The tunnels of this machine, as its charon keeps them. Both ends load theirs; one initiates (the controlling machine, or the one
 * of two workers that was told to), the other only answers.
 *
 * <p>{@link CharonLost} from any method means that this object is of no more use and that charon may have forgotten everything: open
 * another, {@link #loadIdentity} and {@link #load} again, and trust {@link #established()} alone for what is up. Safe for use by many
 * threads; commands take turns, except the two that can last, {@link #initiate} and {@link #terminate}.
 */
public final class Tunnels implements AutoCloseable {
    /** Charon answers within milliseconds; an emulated machine that is swapping may take seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** How long a dead peer may delay the end of a tunnel; after that charon ends it without the peer. */
    private static final Duration FAREWELL = Duration.ofSeconds(3);

    private static final Duration LONGEST_PATIENCE = Duration.ofMinutes(10);
    /** Longer than any tunnel ever took; charon itself would take 0 for ever. */
    private static final Duration LONGEST_INITIATION = Duration.ofMinutes(30);

    private static final String IKE_PROPOSAL = "aes256gcm16-prfsha384-ecp384";
    private static final String ESP_PROPOSAL = "aes256gcm16-ecp384";
    private static final String DEAD_PEER_PROBE = "3s";
    private static final Set<String> IKE_UP = Set.of("ESTABLISHED", "REKEYING", "REKEYED");
    private static final Set<String> CHILD_UP = Set.of("INSTALLED", "REKEYING", "REKEYED");

    private final Path socket;
    private final Duration patience;
    private final Session session;
    private volatile @Nullable Identity identity;

    private record Identity(String own, String ca) {}

    private Tunnels(Path socket, Duration patience, Session session) {
        this.socket = socket;
        this.patience = patience;
        this.session = session;
    }

    /** As {@link #open(Path, Duration)}, with 30 s of patience. */
    public static Tunnels open(Path socket) throws CharonLost {
        return open(socket, PATIENCE);
    }

    /**
     * Connects to charon's control socket.
     *
     * @param patience for each command whose length no peer decides; at most ten minutes
     */
    public static Tunnels open(Path socket, Duration patience) throws CharonLost {
        bounded(patience, LONGEST_PATIENCE);
        return new Tunnels(socket, patience, Session.open(socket, patience));
    }

    /**
     * Makes this key, certificate and authority the only ones that charon has. Tunnels that are loaded must be loaded again
     * afterwards; those that are up stay up.
     *
     * @throws IllegalArgumentException when the certificate is not for this key or not by this authority
     */
    public void loadIdentity(MachineKey key, X509Certificate own, X509Certificate ca) throws CharonLost, CharonRefused {
        if (!Spki.of(own.getPublicKey()).equals(key.spki())) {
            throw new IllegalArgumentException("the certificate is for another key");
        }
        try {
            own.verify(ca.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the certificate is not by this authority", e);
        }
        identity = null;
        Identity next = new Identity(Pem.of(own), Pem.of(ca));
        session.command("clear-creds", Message.empty(), patience);
        session.command(
                "load-cert",
                Message.builder()
                        .put("type", "X509")
                        .put("flag", "CA")
                        .put("data", next.ca())
                        .build(),
                patience);
        byte[] secret = key.pem();
        try {
            session.command(
                    "load-key",
                    Message.builder().put("type", "any").put("data", secret).build(),
                    patience);
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
        identity = next;
    }

    /** Tells charon of a tunnel. It answers the other end from now on and starts nothing. Loading it again changes nothing. */
    public void load(Tunnel tunnel) throws CharonLost, CharonRefused {
        Identity present = identity;
        if (present == null) {
            throw new IllegalStateException("load the identity before the tunnels");
        }
        session.command("load-conn", connection(tunnel, present), patience);
    }

    /**
     * Brings a loaded tunnel up and waits for that. Fine to repeat; charon itself says no to a second one beside the first, so what is
     * established is looked up before and after.
     *
     * @param limit for the other end to answer, at most thirty minutes. Charon goes on trying after it.
     */
    public Initiation initiate(String name, Duration limit) throws CharonLost {
        Tunnel.checkedName(name);
        bounded(limit, LONGEST_INITIATION);
        Optional<Sa> before = established(name);
        if (before.isPresent()) {
            return new Initiation.Up(before.get());
        }
        String why = "it came up and was gone again";
        // A conversation of its own: this command blocks the one that it is sent on.
        try (Session own = Session.open(socket, patience)) {
            Message wish = Message.builder()
                    .put("ike", name)
                    .put("child", name)
                    .put("timeout", Long.toString(limit.toMillis()))
                    .build();
            own.command("initiate", wish, limit.plus(patience));
        } catch (CharonRefused e) {
            why = String.valueOf(e.getMessage());
        }
        Optional<Sa> after = established(name);
        return after.isPresent() ? new Initiation.Up(after.get()) : new Initiation.NotUp(why);
    }

    /** Ends every association of this tunnel, with a word to the other end where it still answers. None is fine too. */
    public void terminate(String name) throws CharonLost, CharonRefused {
        Tunnel.checkedName(name);
        try (Session own = Session.open(socket, patience)) {
            Message wish = Message.builder()
                    .put("ike", name)
                    .put("force", "yes")
                    .put("timeout", Long.toString(FAREWELL.toMillis()))
                    .build();
            Message answer = own.ask("terminate", wish, FAREWELL.plus(patience));
            boolean nothingThere = answer.text("matches").orElse("").equals("0");
            if (!nothingThere && !answer.text("success").orElse("no").equals("yes")) {
                throw new CharonRefused("terminate", answer.text("errmsg").orElse("no reason given"));
            }
        }
    }

    /** Forgets a tunnel, so that charon neither starts nor answers it. What is up stays up: {@link #terminate} it afterwards. */
    public void unload(String name) throws CharonLost, CharonRefused {
        if (loaded().contains(name)) {
            session.command("unload-conn", Message.builder().put("name", name).build(), patience);
        }
    }

    /** Names of the tunnels that charon has been told of. */
    public Set<String> loaded() throws CharonLost, CharonRefused {
        return Set.copyOf(session.ask("get-conns", Message.empty(), patience).list("conns"));
    }

    /** What carries traffic now. While an end replaces an association, two may bear the same name. */
    public List<Sa> established() throws CharonLost {
        List<Sa> found = new ArrayList<>();
        try {
            session.stream(
                    "list-sas",
                    "list-sa",
                    Message.empty(),
                    patience,
                    message -> message.sections()
                            .forEach((name, ike) -> sa(name, ike).ifPresent(found::add)));
        } catch (CharonRefused e) {
            throw new CharonLost("a charon that cannot list its associations", e);
        }
        return List.copyOf(found);
    }

    /**
     * Key exchange methods that this charon really has, in its own words ({@code ECP_384}, {@code ML_KEM_768}). Loading a tunnel that
     * names others succeeds; only bringing it up fails.
     */
    public Set<String> keyExchanges() throws CharonLost, CharonRefused {
        return session.ask("get-algorithms", Message.empty(), patience)
                .section("ke")
                .map(section -> Set.copyOf(section.keys()))
                .orElse(new TreeSet<>());
    }

    @Override
    public void close() {
        session.close();
    }

    private static void bounded(Duration time, Duration most) {
        if (time.toMillis() < 1 || time.compareTo(most) > 0) {
            throw new IllegalArgumentException("a wait here is at least a millisecond and at most " + most);
        }
    }

    private Optional<Sa> established(String name) throws CharonLost {
        return established().stream().filter(sa -> sa.name().equals(name)).findFirst();
    }

    private static Optional<Sa> sa(String name, Message ike) {
        if (!IKE_UP.contains(ike.text("state").orElse(""))) {
            return Optional.empty();
        }
        List<Message> children = ike.section("child-sas").stream()
                .flatMap(all -> all.sections().values().stream())
                .filter(child -> child.text("name").orElse("").equals(name)
                        && CHILD_UP.contains(child.text("state").orElse("")))
                .toList();
        if (children.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Sa(
                name,
                number(ike, "uniqueid"),
                ike.text("remote-id").orElse(""),
                ike.text("remote-host").orElse(""),
                children.stream().mapToLong(child -> number(child, "bytes-in")).sum(),
                children.stream().mapToLong(child -> number(child, "bytes-out")).sum()));
    }

    private static long number(Message message, String key) {
        String text = message.text(key).orElse("0");
        return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    private static Message connection(Tunnel tunnel, Identity identity) {
        Message.Builder child = Message.builder()
                .put("mode", "tunnel")
                .list("local_ts", tunnel.localTs())
                .list("remote_ts", tunnel.remoteTs())
                .list("esp_proposals", ESP_PROPOSAL)
                .put("start_action", "none")
                .put("dpd_action", tunnel.kept() ? "restart" : "clear")
                .put("close_action", tunnel.kept() ? "start" : "none");
        if (tunnel.ifId() > 0) {
            child.put("if_id_in", Integer.toString(tunnel.ifId())).put("if_id_out", Integer.toString(tunnel.ifId()));
        }
        Message.Builder local = Message.builder()
                .put("auth", "pubkey")
                .put("id", tunnel.localId())
                .list("certs", identity.own().getBytes(StandardCharsets.US_ASCII));
        Message.Builder remote = Message.builder()
                .put("auth", "pubkey")
                .put("id", tunnel.remoteId())
                .list("cacerts", identity.ca().getBytes(StandardCharsets.US_ASCII));
        Message.Builder whole = Message.builder()
                .put("version", "2")
                .list("local_addrs", tunnel.localAddress())
                .list("remote_addrs", tunnel.remoteAddress())
                .list("proposals", IKE_PROPOSAL)
                // A machine that starts anew takes the place of its former self.
                .put("unique", "replace")
                .put("dpd_delay", DEAD_PEER_PROBE)
                // ESP always inside UDP, so that one rule of a firewall covers it.
                .put("encap", "yes")
                .put("mobike", "no")
                // For ever: a peer that is away comes back, or its tunnel is unloaded.
                .put("keyingtries", "0")
                .section("local", local)
                .section("remote", remote)
                .section("children", Message.builder().section(tunnel.name(), child));
        return Message.builder().section(tunnel.name(), whole).build();
    }
}
