@NullMarked
package cloister.cvm.member;

import org.jspecify.annotations.NullMarked;
