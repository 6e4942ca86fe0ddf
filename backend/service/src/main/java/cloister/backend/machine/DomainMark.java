package cloister.backend.machine;

import java.io.StringReader;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Reads our mark back from a live domain. Whatever isn't exactly what {@link DomainXml} writes is not ours. */
final class DomainMark {
    /** The rules are some kilobytes; a longer mark isn't ours. */
    private static final int LONGEST = 64 * 1024;

    private static final Set<String> OF_A_CVM = Set.of("kind", "project");
    private static final Set<String> OF_A_WORKER =
            Set.of("kind", "project", "lease", "worker", "attempt", "job", "submit", "endsAt");

    private static final Pattern ENDS_AT = Pattern.compile(" endsAt=([\"'])[0-9]+\\1");

    private DomainMark() {}

    /** The machine that the domain is, unless its mark is missing, not ours or doesn't fit its name. */
    static Optional<LiveMachine> read(String host, Hypervisor.LiveDomain domain) {
        return MachineId.ofDomain(domain.name()).flatMap(id -> domain.mark().flatMap(mark -> read(host, id, mark)));
    }

    /** The mark of a live worker with another end; everything else in it stays, its rules above all. */
    static String until(Hypervisor.LiveDomain domain, Instant endsAt) {
        Matcher matcher = ENDS_AT.matcher(domain.mark().orElseThrow());
        if (!matcher.find()) {
            throw new IllegalArgumentException("a worker's mark has an end");
        }
        return matcher.replaceFirst(" endsAt='" + endsAt.getEpochSecond() + "'");
    }

    private static Optional<LiveMachine> read(String host, MachineId id, String mark) {
        if (mark.length() > LONGEST) {
            return Optional.empty();
        }
        try {
            return machine(host, id, attributes(mark));
        } catch (XMLStreamException | IllegalArgumentException | ArithmeticException notOurs) {
            return Optional.empty();
        }
    }

    private static Optional<LiveMachine> machine(String host, MachineId id, Map<String, String> mark) {
        boolean cvm = id.isCvm();
        if (!mark.keySet().equals(cvm ? OF_A_CVM : OF_A_WORKER)
                || !(cvm ? "cvm" : "worker").equals(mark.get("kind"))
                || number(mark, "project") != id.project()) {
            return Optional.empty();
        }
        if (cvm) {
            return Optional.of(new LiveMachine.Cvm(id, host));
        }
        if (number(mark, "lease") != id.lease() || number(mark, "worker") != id.worker()) {
            return Optional.empty();
        }
        return Optional.of(new LiveMachine.Worker(
                id,
                host,
                Math.toIntExact(number(mark, "attempt")),
                number(mark, "job"),
                Instant.ofEpochSecond(number(mark, "submit")),
                Instant.ofEpochSecond(number(mark, "endsAt"))));
    }

    private static long number(Map<String, String> mark, String name) {
        String value = mark.getOrDefault(name, "");
        if (!value.matches("0|[1-9][0-9]{0,11}")) {
            throw new IllegalArgumentException(name + " is no number");
        }
        return Long.parseLong(value);
    }

    private static Map<String, String> attributes(String mark) throws XMLStreamException {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        XMLStreamReader xml = factory.createXMLStreamReader(new StringReader(mark));
        xml.nextTag();
        xml.require(XMLStreamConstants.START_ELEMENT, null, "domain");
        Map<String, String> attributes = new HashMap<>();
        for (int i = 0; i < xml.getAttributeCount(); i++) {
            attributes.put(xml.getAttributeLocalName(i), xml.getAttributeValue(i));
        }
        return attributes;
    }
}
