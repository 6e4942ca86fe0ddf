package cloister.backend.machine;

import java.io.StringWriter;
import java.nio.file.Path;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** The storage pool and its volumes, as libvirt wants them (https://libvirt.org/formatstorage.html). */
final class StorageXml {
    /** Name of the pool on every host. */
    static final String POOL = "cloister";

    private StorageXml() {}

    /** A pool that is a folder. */
    static String pool(Path folder) {
        return written(xml -> {
            xml.writeStartElement("pool");
            xml.writeAttribute("type", "dir");
            leaf(xml, "name", POOL);
            xml.writeStartElement("target");
            leaf(xml, "path", folder.toString());
            xml.writeEndElement();
            xml.writeEndElement();
        });
    }

    /** A raw volume that takes no room until it is written to. */
    static String volume(String name, int mebibytes) {
        return written(xml -> {
            xml.writeStartElement("volume");
            leaf(xml, "name", name);
            xml.writeStartElement("capacity");
            xml.writeAttribute("unit", "MiB");
            xml.writeCharacters(Integer.toString(mebibytes));
            xml.writeEndElement();
            xml.writeStartElement("allocation");
            xml.writeCharacters("0");
            xml.writeEndElement();
            xml.writeStartElement("target");
            xml.writeEmptyElement("format");
            xml.writeAttribute("type", "raw");
            xml.writeEndElement();
            xml.writeEndElement();
        });
    }

    private interface Body {
        void write(XMLStreamWriter xml) throws XMLStreamException;
    }

    private static String written(Body body) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
            body.write(xml);
            xml.flush();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("writing to memory can't fail", e);
        }
        return text.toString();
    }

    private static void leaf(XMLStreamWriter xml, String name, String value) throws XMLStreamException {
        xml.writeStartElement(name);
        xml.writeCharacters(value);
        xml.writeEndElement();
    }
}
