// The value is a function of (environment, frozen) that makes `run`: JSON text in, JSON text out.
//
// A frozen context serves many evaluations, one after the other: nothing that they can reach may be
// changed. One that is not frozen serves once.
(function (environment, frozen) {
  "use strict";

  var global = (0, environment.Function)("return this")();
  var MOST_TEXT = 1048576; // characters of a result
  var MOST_CODE = 500; // compiled expressions that are kept
  var READ_ONLY = "' is read-only";
  var parse = JSON.parse;
  var stringify = JSON.stringify;
  var apply = Reflect.apply;
  var Code = environment.Function;
  var zones = new Map();
  var compiled = new Map();

  // Parsing and formatting fill caches in Moment's locale, so both are done once before it freezes.
  // The day is a Saturday in December: the last names fill the caches of all names before them.
  function warmUp(moment) {
    var day = moment.utc("2024-12-07T12:34:56.789Z");
    var tokens =
      "MMM MMMM dd ddd dddd Mo Q Do DDDo wo N NN NNN NNNN NNNNN A a " +
      "LT LTS L LL LLL LLLL l ll lll llll";
    tokens.split(" ").forEach(function (token) {
      var shown = day.format(token);
      [false, true].forEach(function (strict) {
        moment.utc(shown, token, strict);
      });
    });
  }

  function refuseChange(object, name, allowed) {
    var method = object[name];
    if (typeof method === "function") {
      object[name] = function () {
        if (arguments.length > allowed) {
          throw new TypeError("'" + name + READ_ONLY);
        }
        return apply(method, this, arguments);
      };
    }
  }

  function freeze(roots) {
    var seen = new Set();
    var left = roots.slice();
    while (left.length) {
      var value = left.pop();
      if (value === null || (typeof value !== "object" && typeof value !== "function")) {
        continue;
      }
      if (seen.has(value)) {
        continue;
      }
      seen.add(value);
      left.push(Object.getPrototypeOf(value));
      Reflect.ownKeys(value).forEach(function (key) {
        var property = Object.getOwnPropertyDescriptor(value, key);
        left.push(property.value, property.get, property.set);
      });
      if (!ArrayBuffer.isView(value)) {
        Object.freeze(value);
      }
    }
  }

  // Objects that syntax makes, which no property leads to.
  function hidden() {
    var samples = [
      function () {}, function* () {}, async function () {}, async function* () {},
      (function* () {})(), (async function* () {})(), [].values(), new Map().entries(),
      new Set().entries(), "".matchAll(/x/g), ""[Symbol.iterator](), /x/,
    ];
    return samples.map(function (sample) {
      return Object.getPrototypeOf(sample);
    });
  }

  function compile(code) {
    var made = compiled.get(code);
    if (made === undefined) {
      made = Object.freeze(new Code("with(this){return (" + code + ")}"));
      Object.freeze(made.prototype);
      if (compiled.size >= MOST_CODE) {
        compiled.clear();
      }
      compiled.set(code, made);
    }
    return made;
  }

  function toText(value) {
    if (value === null || value === undefined) {
      return "";
    }
    var text = typeof value === "string" ? value : "" + stringify(value);
    if (text.length > MOST_TEXT) {
      throw new RangeError("the result has " + text.length + " characters, more than " + MOST_TEXT);
    }
    return text;
  }

  function errorText(error) {
    var text;
    try {
      text = error instanceof Error ? error.name + ": " + error.message : "" + error;
    } catch (_) {
      text = "Error";
    }
    return ("" + text).slice(0, 1000);
  }

  // One text: its expressions, in order, over one scope. They see each other's assignments.
  function evaluate(codes, scope) {
    try {
      return codes.map(compile).map(function (code) {
        return toText(apply(code, scope, []));
      });
    } catch (error) {
      return errorText(error);
    }
  }

  if (global.moment) {
    warmUp(global.moment);
  }
  if (frozen) {
    if (global.moment) {
      ["locale", "lang"].forEach(function (name) {
        refuseChange(global.moment, name, 0);
      });
      refuseChange(global.moment, "relativeTimeThreshold", 1);
      [
        "defineLocale", "updateLocale", "relativeTimeRounding",
      ].forEach(function (name) {
        refuseChange(global.moment, name, 0);
      });
      if (global.moment.tz) {
        ["add", "link", "load", "setDefault"].forEach(function (name) {
          refuseChange(global.moment.tz, name, 0);
        });
      }
    }
    freeze([global, global.moment && global.moment.localeData()].concat(hidden()));
  }

  // [zone's name, its table when it is new here, [[codes, scope], ...]] -> [texts or error, ...]
  return function run(request) {
    var given = parse(request);
    if (given[1]) {
      zones.set(given[0], given[1]);
    }
    if (given[0]) {
      environment.setZone(zones.get(given[0]));
    }
    var answers = [];
    for (var i = 0; i < given[2].length; i++) {
      answers[i] = evaluate(given[2][i][0], given[2][i][1]);
    }
    return stringify(answers);
  };
})
