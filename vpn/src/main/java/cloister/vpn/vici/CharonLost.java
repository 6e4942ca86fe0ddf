package cloister.vpn.vici;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The conversation with charon is over: it died, hung, or said something that cannot be. What it had loaded may be gone. Open a
 * new conversation, load everything again, and look at what is established.
 */
public final class CharonLost extends IOException {
    private static final long serialVersionUID = 1L;

    public CharonLost(String what) {
        super(what);
    }

    public CharonLost(String what, @Nullable Throwable cause) {
        super(what, cause);
    }
}
