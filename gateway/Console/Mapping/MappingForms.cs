using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DirectorySync.Gateway.Console.Mapping;

/// <summary>What forms do with a directory's mapping. Each changes one rule of it; the version keeps two people from undoing each other.</summary>
internal sealed class MappingForms(MappingService.MappingServiceClient mappings, DirectoryAccess access, ServiceCalls calls)
{
    // Every user is looked at.
    private static readonly TimeSpan PreviewTimeout = TimeSpan.FromSeconds(45);

    // In the order in which the form offers them.
    private static readonly Transform.KindOneofCase[] Usual =
    [
        Transform.KindOneofCase.Trim, Transform.KindOneofCase.Lower, Transform.KindOneofCase.ValueTable, Transform.KindOneofCase.Prefix,
        Transform.KindOneofCase.Default,
    ];

    public static readonly (string Value, string Word)[] Unlisted =
    [
        (nameof(UnlistedValue.Keep), "stay as they are"), (nameof(UnlistedValue.Drop), "are left out"),
        (nameof(UnlistedValue.Report), "are left out, and listed as a problem"),
    ];

    /// <summary>True: the form can say all of it.</summary>
    public static bool IsUsual(MappingRule rule)
    {
        var kinds = rule.Transforms.Select(transform => Array.IndexOf(Usual, transform.KindCase)).ToList();
        return kinds.SequenceEqual(kinds.Distinct().Order())
            && rule.Transforms.SelectMany(transform => transform.ValueTable?.Entries ?? []).All(entry => !(entry.From + entry.To).AsSpan().ContainsAny('=', '\n'));
    }

    public static string Table(MappingRule rule) => string.Join(
        '\n', rule.Transforms.SelectMany(transform => transform.ValueTable?.Entries ?? []).Select(entry => $"{entry.From} = {entry.To}"));

    public static string UnlistedOf(MappingRule rule) =>
        rule.Transforms.Select(transform => transform.ValueTable?.Unlisted).FirstOrDefault(unlisted => unlisted is not null) is { } given and not UnlistedValue.Unspecified
            ? given.ToString() : nameof(UnlistedValue.Keep);

    public async Task<IResult> PreviewAsync(HttpContext http, Form form)
    {
        var (id, mapping) = await ReadAsync(http);
        var request = new PreviewMappingRequest { DirectoryId = id, Rules = { With(mapping, Read(form, mapping)) } };
        form.Check();
        var preview = await calls.SendAsync(http, call => mappings.PreviewMappingAsync(request, call).ResponseAsync, PreviewTimeout);
        Visit.Of(http).Form = form;
        return new RazorComponentResult<MappingRulePage>(new { Preview = preview });
    }

    public async Task<IResult> SaveAsync(HttpContext http, Form form)
    {
        var (id, mapping) = await ReadAsync(http);
        var rule = Read(form, mapping);
        form.Check();
        return await SaveAsync(http, form, id, With(mapping, rule));
    }

    public async Task<IResult> AutomaticAsync(HttpContext http, Form form)
    {
        var (id, mapping) = await ReadAsync(http);
        return await SaveAsync(http, form, id, mapping.Mapping.Rules.Where(rule => rule.Attribute != form.Text("attribute")));
    }

    /// <summary>The path that does arrive takes the place of the one that does not.</summary>
    public async Task<IResult> UseAsync(HttpContext http, Form form)
    {
        var (id, mapping) = await ReadAsync(http);
        var (attribute, path, arriving) = (form.Text("attribute"), form.Text("path"), form.Require("arriving", "The path"));
        form.Check();
        var rule = mapping.Effective.FirstOrDefault(one => one.Rule.Attribute == attribute)?.Rule.Clone() ?? throw RestErrors.NotFound("attribute");
        var index = rule.Paths.IndexOf(path);
        if (index >= 0)
        {
            rule.Paths[index] = arriving;
        }
        else
        {
            rule.Paths.Insert(0, arriving);
        }

        return await SaveAsync(http, form, id, With(mapping, rule));
    }

    public async Task<IResult> UndoAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var current = form.Number("version", "The version", 1, int.MaxValue);
        form.Check();
        var request = new UndoMappingRequest { DirectoryId = directory.Id, Version = current - 1, ExpectedVersion = current };
        await calls.SendAsync(http, call => mappings.UndoMappingAsync(request, call).ResponseAsync);
        return Pages.See(AddressOf(directory.Id), "undone");
    }

    private async Task<IResult> SaveAsync(HttpContext http, Form form, string id, IEnumerable<MappingRule> rules)
    {
        var request = new UpdateMappingRequest { DirectoryId = id, Rules = { rules } };
        if (form.Has("version"))
        {
            request.ExpectedVersion = form.Number("version", "The version", 0, int.MaxValue);
        }

        form.Check();
        await calls.SendAsync(http, call => mappings.UpdateMappingAsync(request, call).ResponseAsync);
        return Pages.See(AddressOf(id), "saved");
    }

    private async Task<(string Id, GetMappingResponse Mapping)> ReadAsync(HttpContext http)
    {
        var id = (await access.GetAsync(http)).Id;
        return (id, await calls.SendAsync(http, call => mappings.GetMappingAsync(new() { DirectoryId = id }, call).ResponseAsync));
    }

    private static IEnumerable<MappingRule> With(GetMappingResponse mapping, MappingRule wanted) =>
        mapping.Mapping.Rules.Where(rule => rule.Attribute != wanted.Attribute).Append(wanted);

    private static MappingRule Read(Form form, GetMappingResponse mapping)
    {
        var rule = new MappingRule { Attribute = form.Require("attribute", "The attribute"), Paths = { Lines(form.Raw("paths")) } };
        if (mapping.Effective.FirstOrDefault(one => one.Rule.Attribute == rule.Attribute) is { } known && !IsUsual(known.Rule))
        {
            rule.Transforms.AddRange(known.Rule.Transforms);
            return rule;
        }

        if (form.Flag("trim"))
        {
            rule.Transforms.Add(new Transform { Trim = new() });
        }

        if (form.Flag("lower"))
        {
            rule.Transforms.Add(new Transform { Lower = new() });
        }

        if (Lines(form.Raw("table")).Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries)).ToList() is { Count: > 0 } lines)
        {
            if (lines.Any(parts => parts.Length < 2))
            {
                form.Refuse("table", "Each line has two values with = in between: what arrives = what it becomes.");
            }

            rule.Transforms.Add(new Transform
            {
                ValueTable = new()
                {
                    Entries = { lines.Where(parts => parts.Length == 2).Select(parts => new ValueTableEntry { From = parts[0], To = parts[1] }) },
                    Unlisted = form.Choice<UnlistedValue>("unlisted", "values that are not in the table"),
                },
            });
        }

        if (form.Text("prefix") is { Length: > 0 } prefix)
        {
            rule.Transforms.Add(new Transform { Prefix = new() { Text = prefix } });
        }

        if (form.Text("default") is { Length: > 0 } json)
        {
            rule.Transforms.Add(new Transform { Default = new() { Json = json } });
        }

        return rule;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string AddressOf(string id) => $"{Pages.Console}/directories/{id}/attributes";
}
