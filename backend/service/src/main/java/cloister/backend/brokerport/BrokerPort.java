package cloister.backend.brokerport;

import cloister.backend.project.Projects;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.PinnedTls;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.TrustManager;
import org.apache.catalina.connector.Connector;
import org.apache.coyote.http11.AbstractHttp11Protocol;
import org.apache.tomcat.util.net.SSLHostConfig;
import org.apache.tomcat.util.net.SSLHostConfigCertificate;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;

/** TLS 1.3 with both keys pinned, and limits on everything that a caller can make long. */
@Component
class BrokerPort implements WebServerFactoryCustomizer<TomcatServletWebServerFactory> {
    private static final int LONGEST_HEADERS_BYTES = 4 * 1024;
    private static final int MOST_CONNECTIONS = 2048;
    private static final int MOST_WAITING = 256;
    private static final int SLOWEST_READ_MILLIS = 10_000;

    /** Longer than the longest poll, so that a CVM can use one connection for all of them. */
    private static final int LONGEST_PAUSE_MILLIS = 60_000;

    private final BrokerConfig config;
    private final SSLContext tls;

    BrokerPort(BrokerConfig config, OwnKey own, Projects projects) {
        this.config = config;
        this.tls = PinnedTls.context(own.key(), key -> projects.ofKey(key).isPresent());
    }

    @Override
    public void customize(TomcatServletWebServerFactory factory) {
        try {
            Ipv4 address = Ipv4.parse(config.address());
            factory.setAddress(InetAddress.getByName(address.toString()));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("a literal is never looked up", e);
        }
        factory.setPort(config.port());
        factory.addConnectorCustomizers(this::secure);
    }

    private void secure(Connector connector) {
        connector.setSecure(true);
        connector.setScheme("https");
        connector.setAllowTrace(false);
        if (!(connector.getProtocolHandler() instanceof AbstractHttp11Protocol<?> http)) {
            throw new IllegalStateException("the connector speaks no HTTP/1.1");
        }
        http.setSSLEnabled(true);
        http.setMaxHttpHeaderSize(LONGEST_HEADERS_BYTES);
        http.setMaxConnections(MOST_CONNECTIONS);
        http.setAcceptCount(MOST_WAITING);
        http.setConnectionTimeout(SLOWEST_READ_MILLIS);
        http.setKeepAliveTimeout(LONGEST_PAUSE_MILLIS);
        SSLHostConfig host = new SSLHostConfig();
        host.setProtocols("TLSv1.3");
        host.setCertificateVerification("required");
        SSLHostConfigCertificate certificate =
                new SSLHostConfigCertificate(host, SSLHostConfigCertificate.Type.UNDEFINED);
        certificate.setSslContext(new Pinned(tls));
        host.addCertificate(certificate);
        http.addSslHostConfig(host);
    }

    /** Tomcat's view of our context. */
    private record Pinned(SSLContext tls) implements org.apache.tomcat.util.net.SSLContext {
        @Override
        public void init(KeyManager[] keys, TrustManager[] trust, SecureRandom random) {
            // It was made complete.
        }

        @Override
        public void destroy() {}

        @Override
        public SSLSessionContext getServerSessionContext() {
            return tls.getServerSessionContext();
        }

        @Override
        public SSLEngine createSSLEngine() {
            return tls.createSSLEngine();
        }

        @Override
        public SSLServerSocketFactory getServerSocketFactory() {
            return tls.getServerSocketFactory();
        }

        @Override
        public SSLParameters getSupportedSSLParameters() {
            return tls.getSupportedSSLParameters();
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[0];
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
