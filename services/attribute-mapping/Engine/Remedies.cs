using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>What to do about attributes that are missing or wrong, in the words of the directory's identity provider.</summary>
internal static class Remedies
{
    public static string CorrectValue(Provider provider, string expected) => provider switch
    {
        Provider.Okta => "In Okta, correct the value in the person's profile (Directory > People), or the expression under Profile Editor > "
            + $"Mappings, so that it sends {expected}. The next update of the person is read anew.",
        Provider.Entra => "In Entra, correct the value in the person's properties (Users), or the expression under the application's Provisioning > "
            + $"Mappings, so that it sends {expected}. The next update of the person is read anew.",
        _ => $"In the identity provider, correct the person's value or the attribute mapping, so that it sends {expected}. The next update of "
            + "the person is read anew.",
    };

    public static string CorrectValues(Provider provider) => provider switch
    {
        Provider.Okta => "In Okta, correct the values in the people's profiles (Directory > People), or the expression under Profile Editor > Mappings, ",
        Provider.Entra => "In Entra, correct the values in the people's properties (Users), or the expression under the application's Provisioning > Mappings, ",
        _ => "In the identity provider, correct the people's values or the attribute mapping, ",
    } + SendAgain(provider) + " Or change the mapping's value table or the attribute's type.";

    public static string CompleteTable(Provider provider) => provider switch
    {
        Provider.Okta => "Add the value to the mapping's table, or correct it in the person's Okta profile (Directory > People).",
        Provider.Entra => "Add the value to the mapping's table, or correct it in the person's properties in Entra (Users).",
        _ => "Add the value to the mapping's table, or correct it in the identity provider.",
    };

    public static string GiveValue(Provider provider) => provider switch
    {
        Provider.Okta => "In Okta, give the person a value (Directory > People > Profile) and check that Profile Editor > Mappings sends it to the app; ",
        Provider.Entra => "In Entra, give the person a value (Users > Properties) and check that the application's Provisioning > Mappings send it; ",
        _ => "In the identity provider, give the person a value and check that its attribute mapping sends it; ",
    } + "or have the mapping look elsewhere, or give a default.";

    public static string GiveValues(Provider provider) => provider switch
    {
        Provider.Okta => "In Okta, fill the attribute in the people's profiles (Directory > People) and check Profile Editor > Mappings, ",
        Provider.Entra => "In Entra, fill the attribute in the people's properties (Users) and check the application's Provisioning > Mappings, ",
        _ => "In the identity provider, fill the attribute for these people and check its attribute mapping, ",
    } + SendAgain(provider) + " Or give the mapping a default.";

    /// <summary>Nothing like it arrives.</summary>
    public static string AddAttribute(Provider provider, string name, string urn) => provider switch
    {
        Provider.Okta => $"In Okta, open Directory > Profile Editor > the application's profile and check that there is an attribute with the External "
            + $"name {name} and the External namespace {urn}; give it a value under Mappings (Okta User to the application) with \"Apply mapping on "
            + "user create and update\", ",
        Provider.Entra => $"In Entra, open the application's Provisioning > Mappings > Provision Microsoft Entra ID Users and check that a mapping has the "
            + $"target attribute {Target(name, urn)}; if the list does not offer it, add it first (Show advanced options > Edit attribute list), ",
        _ => $"In the identity provider, have its attribute mapping send the attribute {name} under the schema {urn}, ",
    } + SendAgain(provider);

    /// <summary>It arrives under another namespace or another name.</summary>
    public static string Replace(Provider provider, string name, string urn) => provider switch
    {
        Provider.Okta => "In Okta, open Directory > Profile Editor > the application's profile, delete the attribute and add it again with the External "
            + $"name {name} and the External namespace {urn}, map it under Mappings, ",
        Provider.Entra => "In Entra, open the application's Provisioning > Mappings > Provision Microsoft Entra ID Users, delete the mapping, add the "
            + $"attribute {Target(name, urn)} (Show advanced options > Edit attribute list) and map it with Add New Mapping, ",
        _ => $"In the identity provider, have its attribute mapping send it as {name} under the schema {urn}, ",
    } + SendAgain(provider);

    /// <summary>It arrived once.</summary>
    public static string CheckMapping(Provider provider) => provider switch
    {
        Provider.Okta => "In Okta, check under Directory > Profile Editor > the application's profile > Mappings that the attribute still has a value, ",
        Provider.Entra => "In Entra, check under the application's Provisioning > Mappings > Provision Microsoft Entra ID Users that the attribute is still "
            + "mapped and has a value, ",
        _ => "In the identity provider, check that its attribute mapping still sends the attribute and that people have a value, ",
    } + SendAgain(provider);

    /// <summary>Elements arrive, but none that fits a filter.</summary>
    public static string CheckFilter(Provider provider, SourcePath path) => "Correct the filter of the mapping. Or: " + provider switch
    {
        Provider.Okta => "In Okta, check the External name of the attribute in the Profile Editor, for example "
            + $"{path.Attribute}.^[type==work].{(path.SubAttribute.Length == 0 ? "value" : path.SubAttribute)}, ",
        Provider.Entra => $"In Entra, check the target attribute under the application's Provisioning > Mappings, for example {path.Text}, ",
        _ => $"In the identity provider, check which type its attribute mapping gives to {path.Attribute}, ",
    } + SendAgain(provider);

    /// <summary>Why two names that people take for one are two.</summary>
    public static string NameSent(Provider provider) => provider switch
    {
        Provider.Okta => "Okta sends an attribute's External name, never its Variable name.",
        Provider.Entra => "Entra sends the name of the target attribute, never that of the source.",
        _ => "These are two names.",
    };

    private static string SendAgain(Provider provider) => provider switch
    {
        Provider.Okta => "then choose Force Sync on the application's Provisioning > To App tab.",
        Provider.Entra => "then choose Restart provisioning on the application's Provisioning page, or Provision on demand for one person.",
        _ => "then have it send all people once more.",
    };

    private static string Target(string name, string urn) => urn == SchemaUrns.User ? name : $"{urn}:{name}";
}
