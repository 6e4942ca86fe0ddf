@NullMarked
package cloister.vpn.vici;

import org.jspecify.annotations.NullMarked;
