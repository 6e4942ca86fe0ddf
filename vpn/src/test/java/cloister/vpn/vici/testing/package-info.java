@NullMarked
package cloister.vpn.vici.testing;

import org.jspecify.annotations.NullMarked;
