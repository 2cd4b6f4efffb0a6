// Judges a PDF with veraPDF's core: run by Rhino's shell, see verapdf.py.
// Arguments: the file, then flavours ("3a", "ua1"). Prints a line of JSON for each failed check
// (at most 20 of one rule) and one with the verdict for each flavour.
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
    var profile = readProfile(flavour, id);
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

var options = Array.prototype.slice.call(arguments);
var path = options.shift();
Packages.org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider.initialise();
options.forEach(function (id) {
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
