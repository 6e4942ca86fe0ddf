/** Who a machine is: one P-256 key, the public form that others pin, and TLS in which only pinned keys take part. */
@NullMarked
package cloister.vpn.identity;

import org.jspecify.annotations.NullMarked;
