package cloister.backend.brokerport;

import cloister.backend.machine.BrokerIdentity;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import org.springframework.stereotype.Component;

/** The broker's own key and address: what a CVM is told at its boot. */
@Component
final class OwnKey implements BrokerIdentity {
    private final MachineKey key;
    private final String address;

    OwnKey(BrokerConfig config) {
        try {
            if (Files.exists(config.keyFile())) {
                key = MachineKey.load(config.keyFile());
            } else {
                key = MachineKey.generate();
                key.store(config.keyFile());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the broker's key " + config.keyFile() + " can't be read or made: see cloister.broker.key-file", e);
        }
        address = config.address() + ":" + config.port();
    }

    MachineKey key() {
        return key;
    }

    @Override
    public String address() {
        return address;
    }

    @Override
    public Spki spki() {
        return key.spki();
    }
}
