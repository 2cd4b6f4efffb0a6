// Judges a PDF with veraPDF's core: run by Rhino's shell, see verapdf.py.
// Reads lines {"path": …, "flavours": ["3a", "ua1"]} until there are no more. For each it prints a
// line of JSON for each failed check (at most 20 of one rule), one with the verdict for each flavour,
// and one that says how it ended.
// veraPDF reads its profiles with JAXB, which this jar's Java lacks, so they are read with the DOM.

var profiles = Packages.org.verapdf.pdfa.validation.profiles;
var flavours = Packages.org.verapdf.pdfa.flavours;
var FILES = { "3a": "PDFA-3A.xml", "3b": "PDFA-3B.xml", "3u": "PDFA-3U.xml", "ua1": "PDFUA-1.xml" };

function children(node, name) {
  var found = [];
  for (var child = node.getFirstChild(); child !== null; child = child.getNextSibling()) {
    if (name == child.getLocalName()) found.push(child);
  }
  return found;
}

function child(node, name) {
  return children(node, name)[0];
}

function textOf(node, name) {
  return child(node, name).getTextContent();
}

function readRule(node) {
  var id = child(node, "id");
  var error = child(node, "error");
  var found = new java.util.ArrayList();
  children(child(error, "arguments"), "argument").forEach(function (argument) {
    var name = argument.hasAttribute("name") ? argument.getAttribute("name") : null;
    found.add(profiles.ErrorArgumentImpl.fromValues(argument.getTextContent(), name, null));
  });
  var deferred = node.hasAttribute("deferred")
    ? java.lang.Boolean.valueOf(node.getAttribute("deferred")) : null;
  return profiles.Profiles.ruleFromValues(
    profiles.Profiles.ruleIdFromValues(
      flavours.PDFAFlavour.Specification.valueOf(id.getAttribute("specification")),
      id.getAttribute("clause"), Number(id.getAttribute("testNumber"))),
    node.getAttribute("object"), deferred, node.getAttribute("tags"),
    textOf(node, "description"), textOf(node, "test"),
    profiles.Profiles.errorFromValues(textOf(error, "message"), found),
    new java.util.ArrayList());
}

var known = {};

function profileOf(flavour, id) {
  if (!known[id]) known[id] = readProfile(flavour, id);
  return known[id];
}

function readProfile(flavour, id) {
  var factory = Packages.javax.xml.parsers.DocumentBuilderFactory.newInstance();
  factory.setNamespaceAware(true);
  var stream = java.lang.ClassLoader.getSystemResourceAsStream(
    "org/verapdf/pdfa/validation/" + FILES[id]);
  var root = factory.newDocumentBuilder().parse(stream).getDocumentElement();
  var rules = new java.util.LinkedHashSet();
  children(child(root, "rules"), "rule").forEach(function (node) { rules.add(readRule(node)); });
  var variables = new java.util.LinkedHashSet();
  children(child(root, "variables"), "variable").forEach(function (node) {
    variables.add(profiles.Profiles.variableFromValues(
      node.getAttribute("name"), node.getAttribute("object"),
      textOf(node, "defaultValue"), textOf(node, "value")));
  });
  var details = profiles.Profiles.profileDetailsFromValues(id, "", "", new java.util.Date(0));
  return profiles.Profiles.profileFromValues(flavour, details, "", rules, variables);
}

function judge(path, id) {
  var flavour = flavours.PDFAFlavour.byFlavourId(id);
  var foundry = Packages.org.verapdf.pdfa.Foundries.defaultInstance();
  var parser = foundry.createParser(new java.io.File(path), flavour);
  try {
    var profile = profileOf(flavour, id);
    return foundry.createValidator(profile, 20, false, true, false).validate(parser);
  } finally {
    parser.close();
  }
}

function report(id, assertion) {
  var rule = assertion.getRuleId();
  var place = assertion.getLocation();
  print(JSON.stringify({
    flavour: id,
    clause: String(rule.getClause()),
    test: Number(rule.getTestNumber()),
    demand: String(assertion.getMessage()),
    found: String(assertion.getErrorMessage()),
    place: place === null ? "" : String(place.getContext()),
  }));
}

function answer(path, ids) {
  ids.forEach(function (id) {
    var result = judge(path, id);
    var failed = result.getTestAssertions();
    for (var i = 0; i < failed.size(); i++) report(id, failed.get(i));
    print(JSON.stringify({
      flavour: id,
      ended: String(result.getJobEndStatus()),
      compliant: Boolean(result.isCompliant()),
      checks: Number(result.getTotalAssertions()),
    }));
  });
}

Packages.org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider.initialise();
var asked = new java.io.BufferedReader(new java.io.InputStreamReader(java.lang.System["in"], "UTF-8"));
for (var line = asked.readLine(); line !== null; line = asked.readLine()) {
  var wanted = JSON.parse(String(line));
  var ended = "judged";
  try {
    answer(wanted.path, wanted.flavours);
  } catch (error) {
    ended = String(error);
  }
  print(JSON.stringify({ ended_with: ended }));
  java.lang.System.out.flush();
}
