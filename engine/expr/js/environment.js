// What expressions find around them (language.md §13), made before Moment is loaded.
//
// The value is an object for date.js and harness.js: `Function` makes code from text, which
// expressions cannot.
(function (global) {
  "use strict";

  var MOST_ITEMS = 1000000; // of a list that built-in functions walk without being interruptible
  var MOST_STEPS = 100000000; // of a text search
  // Characters a regular expression is matched against; the engine looks at the clock rarely inside
  // of lookaround and back references.
  var MOST_REGEXP_TEXT = 2000000;
  var MOST_LOOKAROUND_TEXT = 20000;
  var LOOKAROUND = /\(\?[=!<]|\\[1-9k]/;
  var call = Function.prototype.call;
  var apply = Reflect.apply;

  function unbound(method) {
    return call.bind(method);
  }

  function define(object, name, value) {
    Object.defineProperty(object, name, {
      value: value, writable: true, enumerable: false, configurable: true,
    });
  }

  // --- Code from text, memory shared with others, numbers without bounds: not for expressions.

  var makeFunction = Function;

  function refuseCode() {
    throw new EvalError("code made from text is not allowed in an expression");
  }
  refuseCode.prototype = Function.prototype;
  [function () {}, function* () {}, async function () {}, async function* () {}].forEach(
    function (sample) {
      define(Object.getPrototypeOf(sample), "constructor", refuseCode);
    }
  );
  define(global, "Function", refuseCode);
  define(global, "eval", refuseCode);
  [
    "Atomics", "SharedArrayBuffer", "WeakRef", "FinalizationRegistry", "Promise", "Proxy",
    "queueMicrotask", "performance", "BigInt", "BigInt64Array", "BigUint64Array",
    "DisposableStack", "AsyncDisposableStack", "SuppressedError", "DOMException", "globalThis",
  ].forEach(function (name) {
    delete global[name];
  });
  ["getBigInt64", "getBigUint64", "setBigInt64", "setBigUint64"].forEach(function (name) {
    delete DataView.prototype[name];
  });
  // These keep what one expression sets for the next one.
  ["prepareStackTrace", "stackTraceLimit", "captureStackTrace"].forEach(function (name) {
    delete Error[name];
  });

  // --- Built-in functions that run for as long as a list or text is long, and hear no time limit.

  function checked(list) {
    if (list.length > MOST_ITEMS) {
      throw new RangeError("a list of " + list.length + " items is too long");
    }
    return list;
  }

  // A true list's length cannot change between the check and the use; another's is read once.
  function copied(list) {
    if (Array.isArray(list)) {
      return checked(list);
    }
    var source = Object(list);
    var count = Math.trunc(Number(source.length)) || 0;
    checked({ length: count });
    var copy = [];
    for (var i = 0; i < count; i++) {
      if (i in source) {
        copy[i] = source[i];
      }
    }
    if (count > 0) {
      copy.length = count;
    }
    return copy;
  }

  function guard(name, prepare) {
    var method = Array.prototype[name];
    define(Array.prototype, name, function () {
      return apply(method, prepare(this), arguments);
    });
    Object.defineProperty(Array.prototype[name], "name", { value: name });
  }

  ["join", "slice", "toLocaleString", "toSorted", "toReversed", "toSpliced"].forEach(
    function (name) {
      guard(name, copied);
    }
  );
  ["shift", "unshift", "reverse", "sort", "splice", "copyWithin"].forEach(function (name) {
    guard(name, function (list) {
      if (!Array.isArray(list)) {
        throw new TypeError(name + " needs a list");
      }
      return checked(list);
    });
  });

  var concat = Array.prototype.concat;
  define(Array.prototype, "concat", function () {
    for (var i = 0; i < arguments.length; i++) {
      var item = arguments[i];
      if (Array.isArray(item)) {
        checked(item);
      } else if (item !== null && typeof item === "object" && item[Symbol.isConcatSpreadable]) {
        throw new TypeError("only a list can be spread");
      }
    }
    return apply(concat, copied(this), arguments);
  });

  function flatten(list, depth, into) {
    checked(list);
    for (var i = 0; i < list.length; i++) {
      if (i in list) {
        if (depth > 0 && Array.isArray(list[i])) {
          flatten(list[i], depth - 1, into);
        } else {
          into[into.length] = list[i];
        }
      }
    }
    return into;
  }
  define(Array.prototype, "flat", function flat(depth) {
    return flatten(copied(this), depth === undefined ? 1 : Math.trunc(Number(depth)) || 0, []);
  });
  var map = unbound(Array.prototype.map);
  define(Array.prototype, "flatMap", function flatMap(change, self) {
    return flatten(map(copied(this), change, self), 1, []);
  });
  define(Array.prototype, "toString", function toString() {
    return Array.isArray(this) ? this.join() : Object.prototype.toString.call(this);
  });
  delete String.raw;

  ["indexOf", "lastIndexOf", "includes", "split", "replace"].forEach(function (name) {
    var method = String.prototype[name];
    define(String.prototype, name, function (sought) {
      if (typeof sought === "string" && sought.length > 1) {
        var text = String(this);
        if (sought.length * (text.length - sought.length) > MOST_STEPS) {
          throw new RangeError("the texts are too long to search one in the other");
        }
      }
      return apply(method, this, arguments);
    });
    Object.defineProperty(String.prototype[name], "name", { value: name });
  });

  var exec = unbound(RegExp.prototype.exec);
  var source = unbound(Object.getOwnPropertyDescriptor(RegExp.prototype, "source").get);
  define(RegExp.prototype, "exec", function (text) {
    var subject = typeof text === "string" ? text : String(text);
    if (subject.length > MOST_LOOKAROUND_TEXT) {
      if (subject.length > MOST_REGEXP_TEXT || exec(LOOKAROUND, source(this)) !== null) {
        throw new RangeError(
          "a text of " + subject.length + " characters is too long for this regular expression"
        );
      }
    }
    return exec(this, subject);
  });

  // --- Methods of Java's strings, which Digdag's expressions have.

  var replace = unbound(String.prototype.replace);
  var regexpReplace = unbound(RegExp.prototype[Symbol.replace]);

  // "$1" and "\$" in a replacement as Java reads them.
  function javaReplacement(text) {
    return function () {
      var groups = arguments;
      return replace(text, /\\([\s\S])|\$(\d)/g, function (all, escaped, group) {
        if (group === undefined) {
          return escaped;
        }
        var value = groups[group];
        return value === undefined ? "" : value;
      });
    };
  }

  function javaReplace(flags, native) {
    return function (pattern, replacement) {
      if (pattern instanceof RegExp || typeof replacement === "function") {
        return apply(native, this, arguments);
      }
      var regexp = new RegExp(String(pattern), flags);
      return regexpReplace(regexp, String(this), javaReplacement(String(replacement)));
    };
  }

  define(String.prototype, "replaceAll", javaReplace("g", String.prototype.replaceAll));
  define(String.prototype, "replaceFirst", javaReplace("", String.prototype.replace));
  define(String.prototype, "contains", function contains(text) {
    return String(this).includes(String(text));
  });
  define(String.prototype, "equals", function equals(other) {
    return String(this) === other;
  });
  define(String.prototype, "equalsIgnoreCase", function equalsIgnoreCase(other) {
    return typeof other === "string" && String(this).toLowerCase() === other.toLowerCase();
  });
  define(String.prototype, "isEmpty", function isEmpty() {
    return String(this).length === 0;
  });
  define(String.prototype, "matches", function matches(pattern) {
    return new RegExp("^(?:" + pattern + ")$").test(String(this));
  });

  return { Function: makeFunction, define: define, unbound: unbound };
})(this);
