// The block "Visitors from …" in the editor. Its title, attributes and rendering are registered on the server (includes/Content.php).
((wp, texts) => {
  'use strict';

  const { createElement: element, Fragment } = wp.element;
  const { InnerBlocks, InspectorControls, useBlockProps } = wp.blockEditor;
  const { FormTokenField, PanelBody, ToggleControl } = wp.components;

  wp.blocks.registerBlockType('nameplate/from', {
    edit: ({ attributes, setAttributes }) => {
      const list = (name) =>
        element(FormTokenField, {
          key: name,
          label: texts[name],
          value: attributes[name],
          onChange: (words) => setAttributes({ [name]: words }),
        });
      return element(
        Fragment,
        null,
        element(
          InspectorControls,
          null,
          element(
            PanelBody,
            { title: texts.panel },
            ['countries', 'kinds', 'domains'].map(list),
            element(ToggleControl, {
              label: texts.otherwise,
              checked: attributes.otherwise,
              onChange: (otherwise) => setAttributes({ otherwise }),
              help: texts.help,
            }),
          ),
        ),
        element('div', useBlockProps(), element(InnerBlocks)),
      );
    },
    save: () => element(InnerBlocks.Content),
  });
})(window.wp, window.nameplateBlock || {});
