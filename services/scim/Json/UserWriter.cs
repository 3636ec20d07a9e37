using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf.Collections;

namespace DirectorySync.Scim;

/// <summary>User → SCIM JSON. Written out field by field, since every answer about users passes here.</summary>
internal static class UserWriter
{
    public static void Write(
        ResourceWriter writer, User user, string baseUrl, string location, IReadOnlyList<GroupReference>? groups)
    {
        var json = writer.Json;
        json.WriteStartObject();
        writer.Schemas(user.Enterprise is not null, user.RawAttributes, user.NamedSchemas);
        json.WriteString("id", user.Id);
        writer.Text("externalId", user.ExternalId);
        writer.Text("userName", user.UserName);
        if (user.Name is { } name && writer.Wants("name") && writer.WantsAnyOf(SchemaUrns.User, "name", name))
        {
            WriteName(writer, name);
        }

        writer.Text("displayName", user.DisplayName);
        writer.Text("nickName", user.NickName);
        writer.Text("profileUrl", user.ProfileUrl);
        writer.Text("title", user.Title);
        writer.Text("userType", user.UserType);
        writer.Text("preferredLanguage", user.PreferredLanguage);
        writer.Text("locale", user.Locale);
        writer.Text("timezone", user.Timezone);
        if (writer.Wants("active"))
        {
            json.WriteBoolean("active", !user.HasActive || user.Active);
        }

        WriteValues(writer, "emails", user.Emails);
        WriteValues(writer, "phoneNumbers", user.PhoneNumbers);
        WriteValues(writer, "ims", user.Ims);
        WriteValues(writer, "photos", user.Photos);
        WriteAddresses(writer, user.Addresses);
        if (groups is not null && writer.Wants("groups"))
        {
            WriteGroups(writer, groups, baseUrl);
        }

        WriteValues(writer, "entitlements", user.Entitlements);
        WriteValues(writer, "roles", user.Roles);
        WriteValues(writer, "x509Certificates", user.X509Certificates);
        writer.CoreRaw(user.RawAttributes);
        WriteEnterprise(writer, user);
        writer.Extensions(user.RawAttributes);
        writer.Meta(location, user.Version, user.CreateTime, user.UpdateTime);
        json.WriteEndObject();
    }

    private static void WriteName(ResourceWriter writer, Name name)
    {
        writer.Json.WriteStartObject("name");
        Sub(writer, "name", "formatted", FormattedName.Of(name));
        Sub(writer, "name", "familyName", name.FamilyName);
        Sub(writer, "name", "givenName", name.GivenName);
        Sub(writer, "name", "middleName", name.MiddleName);
        Sub(writer, "name", "honorificPrefix", name.HonorificPrefix);
        Sub(writer, "name", "honorificSuffix", name.HonorificSuffix);
        SubRaw(writer, "name", name.RawAttributes);
        writer.Json.WriteEndObject();
    }

    private static void WriteValues(ResourceWriter writer, string attribute, RepeatedField<MultiValue> values)
    {
        if (values.Count == 0 || !writer.Wants(attribute))
        {
            return;
        }

        var isSingle = values is [{ Single: true }];
        var isOpen = false;
        foreach (var value in values)
        {
            if (writer.WantsAnyOf(SchemaUrns.User, attribute, value))
            {
                Open(writer, attribute, isSingle, ref isOpen);
                WriteValue(writer, attribute, value);
            }
        }

        if (isOpen && !isSingle)
        {
            writer.Json.WriteEndArray();
        }
    }

    /// <summary>Opens a list before its first value: no empty list is written.</summary>
    private static void Open(ResourceWriter writer, string attribute, bool isSingle, ref bool isOpen)
    {
        if (isOpen)
        {
            return;
        }

        isOpen = true;
        writer.Json.WritePropertyName(attribute);
        if (!isSingle)
        {
            writer.Json.WriteStartArray();
        }
    }

    private static void WriteValue(ResourceWriter writer, string attribute, MultiValue value)
    {
        var json = writer.Json;
        if (value is { Bare: true, Display: "", Type: "", Ref: "", HasPrimary: false, RawAttributes.Count: 0 })
        {
            json.WriteStringValue(value.Value);
            return;
        }

        json.WriteStartObject();
        Sub(writer, attribute, "value", value.Value);
        Sub(writer, attribute, "display", value.Display);
        Sub(writer, attribute, "type", value.Type);
        if (value.HasPrimary && writer.Wants(attribute, "primary"))
        {
            json.WriteBoolean("primary", value.Primary);
        }

        Sub(writer, attribute, "$ref", value.Ref);
        SubRaw(writer, attribute, value.RawAttributes);
        json.WriteEndObject();
    }

    private static void WriteAddresses(ResourceWriter writer, RepeatedField<Address> addresses)
    {
        if (addresses.Count == 0 || !writer.Wants("addresses"))
        {
            return;
        }

        var isOpen = false;
        foreach (var address in addresses)
        {
            if (!writer.WantsAnyOf(SchemaUrns.User, "addresses", address))
            {
                continue;
            }

            Open(writer, "addresses", isSingle: false, ref isOpen);
            writer.Json.WriteStartObject();
            Sub(writer, "addresses", "formatted", address.Formatted);
            Sub(writer, "addresses", "streetAddress", address.StreetAddress);
            Sub(writer, "addresses", "locality", address.Locality);
            Sub(writer, "addresses", "region", address.Region);
            Sub(writer, "addresses", "postalCode", address.PostalCode);
            Sub(writer, "addresses", "country", address.Country);
            Sub(writer, "addresses", "type", address.Type);
            if (address.HasPrimary && writer.Wants("addresses", "primary"))
            {
                writer.Json.WriteBoolean("primary", address.Primary);
            }

            SubRaw(writer, "addresses", address.RawAttributes);
            writer.Json.WriteEndObject();
        }

        if (isOpen)
        {
            writer.Json.WriteEndArray();
        }
    }

    private static void WriteGroups(ResourceWriter writer, IReadOnlyList<GroupReference> groups, string baseUrl)
    {
        writer.Json.WriteStartArray("groups");
        foreach (var group in groups)
        {
            writer.Json.WriteStartObject();
            Sub(writer, "groups", "value", group.Id);
            if (writer.Wants("groups", "$ref"))
            {
                writer.Json.WriteString("$ref", $"{baseUrl}/Groups/{Uri.EscapeDataString(group.Id)}");
            }

            Sub(writer, "groups", "display", group.DisplayName);
            Sub(writer, "groups", "type", "direct");
            writer.Json.WriteEndObject();
        }

        writer.Json.WriteEndArray();
    }

    private static void WriteEnterprise(ResourceWriter writer, User user)
    {
        const string Schema = SchemaUrns.EnterpriseUser;
        var isOpen = false;
        if (user.Enterprise is { } enterprise)
        {
            Extension(writer, "employeeNumber", enterprise.EmployeeNumber, ref isOpen);
            Extension(writer, "costCenter", enterprise.CostCenter, ref isOpen);
            Extension(writer, "organization", enterprise.Organization, ref isOpen);
            Extension(writer, "division", enterprise.Division, ref isOpen);
            Extension(writer, "department", enterprise.Department, ref isOpen);
            if (enterprise.Manager is { } manager && writer.WantsOf(Schema, "manager") && writer.WantsAnyOf(Schema, "manager", manager))
            {
                writer.Open(Schema, ref isOpen);
                WriteManager(writer, manager);
            }
        }

        writer.ExtensionRaw(user.RawAttributes, Schema, ref isOpen);
        if (isOpen)
        {
            writer.Json.WriteEndObject();
        }
    }

    private static void WriteManager(ResourceWriter writer, Manager manager)
    {
        if (manager is { Bare: true, Ref: "", DisplayName: "", RawAttributes.Count: 0 })
        {
            writer.Json.WriteString("manager", manager.Value);
            return;
        }

        writer.Json.WriteStartObject("manager");
        ManagerText(writer, "value", manager.Value);
        ManagerText(writer, "$ref", manager.Ref);
        ManagerText(writer, "displayName", manager.DisplayName);
        foreach (var raw in manager.RawAttributes)
        {
            if (writer.WantsOf(SchemaUrns.EnterpriseUser, "manager", raw.Name))
            {
                writer.Raw(raw);
            }
        }

        writer.Json.WriteEndObject();
    }

    private static void ManagerText(ResourceWriter writer, string sub, string value)
    {
        if (value.Length > 0 && writer.WantsOf(SchemaUrns.EnterpriseUser, "manager", sub))
        {
            writer.Json.WriteString(sub, value);
        }
    }

    private static void Extension(ResourceWriter writer, string attribute, string value, ref bool isOpen)
    {
        if (value.Length > 0 && writer.WantsOf(SchemaUrns.EnterpriseUser, attribute))
        {
            writer.Open(SchemaUrns.EnterpriseUser, ref isOpen);
            writer.Json.WriteString(attribute, value);
        }
    }

    private static void Sub(ResourceWriter writer, string attribute, string sub, string value)
    {
        if (value.Length > 0 && writer.Wants(attribute, sub))
        {
            writer.Json.WriteString(sub, value);
        }
    }

    private static void SubRaw(ResourceWriter writer, string attribute, RepeatedField<RawAttribute> raw)
    {
        foreach (var sub in raw)
        {
            if (writer.Wants(attribute, sub.Name))
            {
                writer.Raw(sub);
            }
        }
    }
}
