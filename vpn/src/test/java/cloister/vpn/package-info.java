@NullMarked
package cloister.vpn;

import org.jspecify.annotations.NullMarked;
