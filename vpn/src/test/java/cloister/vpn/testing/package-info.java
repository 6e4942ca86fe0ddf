@NullMarked
package cloister.vpn.testing;

import org.jspecify.annotations.NullMarked;
