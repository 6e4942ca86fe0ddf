package cloister.backend.machine;

import cloister.backend.host.PciAddress;
import cloister.backend.host.Placement;
import cloister.isolation.Endpoint;
import cloister.isolation.HostRules;
import cloister.isolation.Nic;
import cloister.isolation.Range;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * The libvirt domain of a machine (https://libvirt.org/formatdomain.html). Values go through an XML writer; nothing that a
 * guest or a researcher chose is among them.
 *
 * <p>The domain is transient and ends with its guest, so that nothing stays on a host. It has no display and no USB: one
 * card, the disks, the console to a file, the boot channel, a source of randomness and the balloon for its figures; and the
 * devices of its placement, if it has one.
 */
final class DomainXml {
    /** Namespace of our mark in a domain's metadata. */
    static final String NAMESPACE = "urn:cloister:domain:1";

    static final String PREFIX = "c";

    private static final String KERNEL_ARGUMENTS =
            "quiet console=ttyS0 panic=-1 mitigations=off no_timer_check random.trust_cpu=on";

    /** Without hardware the guest's time stamp counter is the host's, which may jump from core to core: HPET's does not. */
    private static final String EMULATED_CLOCK = " clocksource=hpet tsc=unstable";

    private static final String HARDWARE_CLOCK = " tsc=reliable";
    private static final int MTU = 1450;
    private static final int BALLOON_PERIOD_SECONDS = 2;
    private static final String BOOT_PORT = "org.cloister.boot";

    private final StringWriter text = new StringWriter();
    private final XMLStreamWriter xml;
    private final Machine machine;
    private final MachineSettings settings;

    private DomainXml(Machine machine, MachineSettings settings) throws XMLStreamException {
        this.machine = machine;
        this.settings = settings;
        this.xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
    }

    /** The domain as XML; {@code broker} is where a CVM finds the backend. */
    static String of(Machine machine, Endpoint broker, MachineSettings settings) {
        try {
            DomainXml domain = new DomainXml(machine, settings);
            domain.write(broker);
            return domain.text.toString();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory can't fail", e);
        }
    }

    private void write(Endpoint broker) throws XMLStreamException {
        open("domain", "type", settings.domainType().name().toLowerCase(Locale.ROOT));
        leaf("name", machine.id().domainName());
        mark(broker);
        open("memory", "unit", "MiB");
        close(Integer.toString(machine.memMiB()));
        leaf("vcpu", Integer.toString(machine.cpus()));
        if (machine.placement().isPresent()) {
            place(machine.placement().get());
        }
        open("os");
        open("type", "arch", "x86_64", "machine", "q35");
        close("hvm");
        leaf("kernel", image("vmlinux"));
        leaf("initrd", image("initrd.img"));
        leaf(
                "cmdline",
                KERNEL_ARGUMENTS
                        + switch (settings.domainType()) {
                            case QEMU -> EMULATED_CLOCK;
                            case KVM -> HARDWARE_CLOCK;
                        });
        close();
        open("features");
        empty("acpi");
        empty("apic");
        close();
        processor();
        empty("clock", "offset", "utc");
        leaf("on_poweroff", "destroy");
        leaf("on_reboot", "destroy");
        leaf("on_crash", "destroy");
        devices();
        close();
        xml.flush();
    }

    private void place(Placement place) throws XMLStreamException {
        if (place.pageMib() > 0) {
            open("memoryBacking");
            open("hugepages");
            empty("page", "size", Integer.toString(place.pageMib()), "unit", "MiB");
            close();
            close();
        }
        open("cputune");
        for (int vcpu = 0; vcpu < place.vcpus().size(); vcpu++) {
            empty(
                    "vcpupin",
                    "vcpu",
                    Integer.toString(vcpu),
                    "cpuset",
                    list(place.vcpus().get(vcpu)));
        }
        empty("emulatorpin", "cpuset", list(place.emulator()));
        close();
        if (place.cells().isEmpty()) {
            return;
        }
        open("numatune");
        empty(
                "memory",
                "mode",
                "strict",
                "nodeset",
                list(place.cells().stream().map(Placement.Cell::node).collect(Collectors.toCollection(TreeSet::new))));
        for (int cell = 0; cell < place.cells().size(); cell++) {
            String node = Integer.toString(place.cells().get(cell).node());
            empty("memnode", "cellid", Integer.toString(cell), "mode", "strict", "nodeset", node);
        }
        close();
    }

    /** The guest sees NUMA nodes where its memory is bound to the host's. */
    private void processor() throws XMLStreamException {
        List<Placement.Cell> cells = machine.placement().map(Placement::cells).orElse(List.of());
        if (cells.isEmpty()) {
            empty("cpu", "mode", "maximum");
            return;
        }
        open("cpu", "mode", "maximum");
        open("numa");
        for (int cell = 0; cell < cells.size(); cell++) {
            empty(
                    "cell",
                    "id",
                    Integer.toString(cell),
                    "cpus",
                    list(cells.get(cell).vcpus()),
                    "memory",
                    Integer.toString(cells.get(cell).memMiB()),
                    "unit",
                    "MiB");
        }
        close();
        close();
    }

    /**
     * A device of the host. libvirt takes it from the host's driver and gives it back; the host's hook resets it before and
     * after.
     */
    private void hostDevice(PciAddress address) throws XMLStreamException {
        open("hostdev", "mode", "subsystem", "type", "pci", "managed", "yes");
        open("source");
        empty(
                "address",
                "domain",
                "0x" + address.domain(),
                "bus",
                "0x" + address.bus(),
                "slot",
                "0x" + address.slot(),
                "function",
                "0x" + address.function());
        close();
        close();
    }

    private static String list(SortedSet<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private void mark(Endpoint broker) throws XMLStreamException {
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put("kind", machine.id().isCvm() ? "cvm" : "worker");
        attributes.put("project", Integer.toString(machine.id().project()));
        Range project = Range.around(machine.address(), settings.projectPrefix());
        String rules = switch (machine) {
            case Machine.Cvm cvm -> HostRules.forCvm(cvm.address(), project, broker);
            case Machine.Worker worker -> {
                attributes.put("lease", Integer.toString(worker.id().lease()));
                attributes.put("worker", Integer.toString(worker.id().worker()));
                attributes.put("attempt", Integer.toString(worker.attempt()));
                attributes.put("job", Long.toString(worker.job()));
                attributes.put("submit", Long.toString(worker.submitted().getEpochSecond()));
                attributes.put("endsAt", Long.toString(worker.endsAt().getEpochSecond()));
                yield HostRules.forWorker(worker.address(), project);
            }
        };
        open("metadata");
        xml.writeStartElement(PREFIX, "domain", NAMESPACE);
        xml.writeNamespace(PREFIX, NAMESPACE);
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            xml.writeAttribute(attribute.getKey(), attribute.getValue());
        }
        xml.writeStartElement(PREFIX, "rules", NAMESPACE);
        xml.writeCharacters("\n" + rules);
        close();
        close();
        close();
    }

    private void devices() throws XMLStreamException {
        open("devices");
        leaf("emulator", "/usr/bin/qemu-system-x86_64");
        sharedDisk("vda", "root", "guest.squashfs");
        sharedDisk("vdb", "app", machine.id().isCvm() ? "cvm.squashfs" : "worker.squashfs");
        if (machine.volumeMiB() > 0) {
            ownDisk("vdc", "data");
        }
        empty("controller", "type", "usb", "model", "none");
        card();
        open("serial", "type", "file");
        empty(
                "source",
                "path",
                settings.consoles().resolve(machine.id().domainName() + ".log").toString());
        empty("target", "port", "0");
        close();
        open("channel", "type", "unix");
        empty("source", "mode", "bind");
        empty("target", "type", "virtio", "name", BOOT_PORT);
        close();
        for (PciAddress device : machine.placement().map(Placement::devices).orElse(List.of())) {
            hostDevice(device);
        }
        open("rng", "model", "virtio");
        open("backend", "model", "random");
        close("/dev/urandom");
        close();
        open("memballoon", "model", "virtio");
        empty("stats", "period", Integer.toString(BALLOON_PERIOD_SECONDS));
        close();
        close();
    }

    private void sharedDisk(String device, String serial, String image) throws XMLStreamException {
        open("disk", "type", "file", "device", "disk");
        empty("driver", "name", "qemu", "type", "raw");
        empty("source", "file", image(image));
        empty("target", "dev", device, "bus", "virtio");
        empty("readonly");
        empty("shareable");
        leaf("serial", serial);
        close();
    }

    private void ownDisk(String device, String serial) throws XMLStreamException {
        open("disk", "type", "file", "device", "disk");
        empty("driver", "name", "qemu", "type", "raw", "discard", "unmap");
        empty(
                "source",
                "file",
                settings.volumes().resolve(machine.id().domainName()).toString());
        empty("target", "dev", device, "bus", "virtio");
        leaf("serial", serial);
        close();
    }

    private void card() throws XMLStreamException {
        Nic nic = new Nic(machine.address());
        open("interface", "type", "bridge");
        empty("mac", "address", nic.mac());
        empty("source", "bridge", settings.bridge());
        empty("target", "dev", nic.tap());
        empty("model", "type", "virtio");
        empty("mtu", "size", Integer.toString(MTU));
        close();
    }

    private String image(String name) {
        return settings.images().resolve(name).toString();
    }

    private void open(String name, String... attributes) throws XMLStreamException {
        xml.writeStartElement(name);
        attributes(attributes);
    }

    private void empty(String name, String... attributes) throws XMLStreamException {
        xml.writeEmptyElement(name);
        attributes(attributes);
    }

    private void attributes(String... attributes) throws XMLStreamException {
        for (int i = 0; i < attributes.length; i += 2) {
            xml.writeAttribute(attributes[i], attributes[i + 1]);
        }
    }

    private void leaf(String name, String value) throws XMLStreamException {
        xml.writeStartElement(name);
        close(value);
    }

    private void close(String value) throws XMLStreamException {
        xml.writeCharacters(value);
        close();
    }

    private void close() throws XMLStreamException {
        xml.writeEndElement();
    }
}
